#!/usr/bin/env bash
# Ways in which two boxes share: two locations in two groups (1+1); two in one group, so that
# a user may come to the box that does not work for it; customers whose inside addresses are
# the same.
# Each box works for what it leads; when one is killed the other does everything.
# Runs alone: six boxes, two at a time, want their CPUs.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"

LAB_HA='detect_ms = 200;'

# reach: everybody who is there uses the Internet.
reach() {
	local ns
	for ns in sub nsub; do m_ping "$ns" "$WEB4" || return 1; done
	[ "$LAB_CHASSIS" = vpn ] || return 0
	m_whoami red 203.0.113. && seen="$figure" && m_whoami blue 203.0.113. || return 1
	figure="red ${seen}, blue $figure"
	[ "$figure" != "red $seen, blue $seen" ]
}
# Addresses that users have now; the same users keep them on the other box.
users() {
	lab_ctl --json show user | jq -c '[.users[] | select(.role == "active") |
		[.instance, .softwire, .inside, .vpn, .outside]] | sort'
}
both_users() { { on a users; on b users; } 2>/dev/null | jq -sc 'add | sort'; }
same_users() {
	figure=$(both_users)
	[ "$figure" = "$before" ] && figure="$(jq length <<<"$before") users"
}

# mode NAME BEFORE AFTER: who works for the locations before and after box a is killed.
mode() {
	local LAB_CHASSIS=$1
	t_lab "-${1//[+]/-}"
	t_up
	t_must "$1: who leads" later 30 roles "$2"
	t_ok "$1: users reach the Internet" reach
	t_ok "$1: box b has a copy" later 30 copied b 1
	[ "$3" = b ] || t_ok "$1: box a has a copy" later 30 copied a 2
	t_ok "$1: no port has two owners" owned_once
	before=$(both_users)
	on a lab_kill_cgnd
	t_ok "$1: box b works for all" later 20 roles "$3"
	t_ok "$1: users have their addresses" later 10 same_users
	t_ok "$1: and reach the Internet" reach
	t_ok "$1: box b leaves with 0" on b t_clean_exit
	lab_down
}
mode 1+1 "a b" "b b"
mode group "a b" "b b"
mode vpn a b
exit $((t_failed > 0))
