#!/usr/bin/env bash
# Formatting, vet, staticcheck, the layer test: fast to slow, all before any other test.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=(go tool -modfile=scripts/tools.mod)

bad=$("${tool[@]}" gofumpt -l $(git ls-files '*.go'))
if [ -n "$bad" ]; then
	printf 'not gofumpt-formatted (run: go tool -modfile=scripts/tools.mod gofumpt -w .):\n%s\n' "$bad" >&2
	exit 1
fi
go vet ./...
go vet -tags e2e ./cmd/wanmi/e2e
"${tool[@]}" staticcheck ./...
go test -run TestLayers ./cmd/wanmi
npm --prefix cmd/wanmi/internal/webui run --silent check
npm --prefix cmd/wanmi/internal/webui test --silent
echo "lint: clean"
