#!/usr/bin/env bash
# Runs a command with a real PostgreSQL server with PostGIS beside it, on a port and in a folder of its own, and stops the
# server at the end. The command finds it in WANMI_TEST_POSTGRES, as superuser. Where there is none installed the command
# runs without (the tests of the server store skip, and fail where CI=true). One that is running already is used as it is.
#   scripts/with_postgres.sh COMMAND [ARG...]
set -euo pipefail

say() { printf 'postgres: %s\n' "$*" >&2; }

[ $# -gt 0 ] || { echo "usage: scripts/with_postgres.sh COMMAND [ARG...]" >&2; exit 2; }
[ -z "${WANMI_TEST_POSTGRES:-}" ] || exec "$@"

bindir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
if [ -z "$bindir" ] && command -v initdb >/dev/null 2>&1; then
	bindir=$(dirname "$(command -v initdb)")
fi
if [ -z "$bindir" ] || [ ! -x "$bindir/initdb" ]; then
	say "no server installed (scripts/setup.sh test does that); going on without"
	exec "$@"
fi

# The server refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=postgres --regid=postgres --init-groups env -u XDG_RUNTIME_DIR HOME=/)
fi
dir=$(mktemp -d /tmp/wanmi-pg.XXXXXX) # short: a socket's path may have 107 bytes
[ ${#as[@]} -eq 0 ] || chown postgres "$dir"

stop() {
	"${as[@]}" "$bindir/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$dir"
printf 'secret' >"$dir/password"
chmod 644 "$dir/password"
started=
for _ in 1 2 3; do # the port may be taken between the asking and the start
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	rm -rf "$dir/data"
	if "${as[@]}" "$bindir/initdb" -D "$dir/data" -U postgres -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 &&
		"${as[@]}" "$bindir/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -t 60 -o "-p $port -k $dir -c listen_addresses=127.0.0.1 \
			-c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=128MB -c max_wal_size=4GB -c log_min_messages=fatal" start >>"$dir/log" 2>&1; then
		started=yes
		break
	fi
done
if [ -z "$started" ]; then
	cat "$dir/log" "$dir/data/log" >&2 2>/dev/null || true
	say "the server did not start"
	exit 1
fi
export WANMI_TEST_POSTGRES="postgres://postgres:secret@127.0.0.1:$port/postgres?sslmode=disable"
cd "$OLDPWD"
"$@" # not exec: the trap stops the server
