#!/usr/bin/env bash
# fuzz.sh TIME [TARGET ...]: runs the named fuzz targets of the project, or all, for the given time each, niced; stops at
# the first that fails. PARALLEL=n (default 1) is how many workers a target has; MINIMIZE (default 100x: runs; or a time) how
# long an input is made smaller: go's minute for each that is new leaves a target that opens files a few hundred runs in ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}
shift || true
all=$(grep -rHoE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' . | sed -E 's#/[^/]*_test.go:func # #' | sort)
for target in "$@"; do
	if ! grep -qE " $target\$" <<<"$all"; then
		printf 'fuzz.sh: there is no target %s; there are:\n%s\n' "$target" "$all" >&2
		exit 2
	fi
done
while read -r pkg target; do
	if [ $# -gt 0 ] && [[ " $* " != *" $target "* ]]; then
		continue
	fi
	printf '%s %s\n' "$pkg" "$target"
	nice -n 19 "${GO:-go}" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime "${MINIMIZE:-100x}" \
		-parallel "${PARALLEL:-1}" "$pkg"
done <<<"$all"
