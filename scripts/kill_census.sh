#!/usr/bin/env bash
# Kills (SIGKILL) the program N times (default 200) at random moments of import, commit, roll back and recode, half of them on the file,
# half on PostgreSQL: after each `wanmi check` has to be clean and the components, to the byte, those before or those after. `make test`
# does the same a few times.
#   scripts/kill_census.sh [N]
set -euo pipefail
cd "$(dirname "$0")/.."
n=${1:-200}
bin=${WANMI_BIN:-}
if [ -z "$bin" ]; then
	make --no-print-directory build
	bin=$PWD/bin/wanmi
fi
CI=true WANMI_BIN=$bin WANMI_KILLS=$(((n + 1) / 2)) scripts/with_postgres.sh \
	go test -tags e2e -count=1 -timeout 4h -v -run '^TestKillDuringHistory$' ./cmd/wanmi/e2e
