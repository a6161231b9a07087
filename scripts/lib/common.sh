# shellcheck shell=bash
# What every script shares: where the tree is, how to speak, how to fail, locks.
# Source it first; it sets the strict mode.

set -eu -o pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CGN_BUILD=${CGN_BUILD:-$TOP/build}

# A colour only where somebody looks at it.
if [ -t 1 ]; then
	BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
	BOLD='' RED='' GREEN='' PLAIN=''
fi
export TOP CGN_BUILD BOLD RED GREEN PLAIN

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	warn "$*"
	exit 1
}

need_root() { [ "$(id -u)" = 0 ] || die "needs root: run it with sudo"; }

# usage_of FILE: the comment at the head of a script is its help text.
usage_of() { sed -n '2,/^[^#]/{/^#/!d;s/^# \{0,1\}//;p;}' "$1"; }

# locked NAME COMMAND…: runs one at a time on this machine (packages, a build tree).
locked() {
	local dir=/run/lock name=$1
	shift
	[ -w "$dir" ] || dir=${TMPDIR:-/tmp}
	(
		flock 9
		"$@" 9>&-
	) 9>"$dir/softboard-$name.lock"
}

# locked_build DIR COMMAND…: the lock of one build tree.
locked_build() {
	local dir=$1
	shift
	locked "$(printf '%s' "$dir" | tr -c 'a-zA-Z0-9' '_')" "$@"
}

# wait_for SECONDS COMMAND…: true as soon as COMMAND is. SECONDS, for a machine of one's
# own, times CGN_PATIENCE, is when to give up; what may take only so long is measured.
wait_for() {
	local end=$((SECONDS + $1 * ${CGN_PATIENCE:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}
