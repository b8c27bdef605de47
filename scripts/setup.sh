#!/usr/bin/env bash
# Installs, once and quietly, what `make build` (front end) or `make test` (everything else) needs.
#   scripts/setup.sh web     npm packages of the map page
#   scripts/setup.sh test    Debian packages the tests use: a C compiler (race detector), a browser,
#                          GDAL, PROJ and geopandas as oracles, geopy as a client, shapely for the judge, PostgreSQL with PostGIS
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .setup

say() { printf 'setup: %s\n' "$*" >&2; }

need() { # need COMMAND WAY-OUT
	command -v "$1" >/dev/null 2>&1 || { say "$1 is missing; $2"; exit 1; }
}

# quiet runs a command, hides what it prints, and shows it all when the command fails.
quiet() {
	local log
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

web() {
	need node "install Node.js 20 or newer"
	need npm "install npm (it comes with Node.js)"
	local dir=cmd/wanmi/internal/webui stamp=.setup/web
	if [ ! -d $dir/node_modules ] || ! cmp -s $dir/package-lock.json $stamp; then
		say "installing the front end's npm packages (once)"
		quiet npm --prefix $dir ci --no-audit --no-fund
		cp $dir/package-lock.json $stamp
	fi
}

packages() {
	local missing=()
	for p in "$@"; do
		dpkg -s "$p" >/dev/null 2>&1 || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	need apt-get "on a system without apt install by hand: ${missing[*]}"
	local sudo=()
	if [ "$(id -u)" != 0 ]; then
		need sudo "run as root, or install by hand: ${missing[*]}"
		sudo=(sudo)
	fi
	say "installing Debian packages (once): ${missing[*]}"
	quiet "${sudo[@]}" apt-get -qq update
	DEBIAN_FRONTEND=noninteractive quiet "${sudo[@]}" apt-get -qq -y --no-install-recommends install "${missing[@]}"
}

# In a folder of their own: geopandas, which reads back what we write (Debian's is not new enough), and geopy, which asks our geocoder.
python_packages() {
	local venv=.setup/venv
	! $venv/bin/python -c 'import geopandas, pyogrio, geopy' >/dev/null 2>&1 || return 0
	say "installing geopandas and geopy (once)"
	quiet python3 -m venv --clear $venv
	quiet $venv/bin/pip install --quiet --disable-pip-version-check 'geopandas>=1.0,<2' 'geopy>=2.4,<3'
}

case "${1:-}" in
web) web ;;
test)
	need go "install Go 1.26 or newer"
	web
	packages gcc libc6-dev pkg-config zlib1g-dev chromium fonts-noto-cjk gdal-bin proj-bin python3-gdal python3-numpy python3-shapely sqlite3 \
		postgresql-postgis python3-venv
	python_packages
	;;
*)
	echo "usage: scripts/setup.sh web|test" >&2
	exit 2
	;;
esac
