#!/usr/bin/env bash
# Many softwires with the same inside address, and many NAT44 hosts: each is a user of its
# own, with ports of its own.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

users=60
LAB_BOARDS=2
t_up

# One B4 after the other: a namespace has one softwire source at a time.
softwires() {
	local n answered=0
	for ((n = 1; n <= users; n++)); do
		ip -n "sub$LAB_SUFFIX" -6 route replace "$B4_NET:$n::1/128" \
			encap seg6local action End.DX4 nh4 0.0.0.0 dev wan
		ip -n "sub$LAB_SUFFIX" sr tunsrc set "$B4_NET:$n::1"
		in_ns sub ping -n -c 1 -W 2 "$WEB4" >/dev/null && answered=$((answered + 1))
	done
	figure="$answered of $users"
	[ "$answered" = "$users" ]
}
hosts() {
	local n answered=0
	for ((n = 1; n <= users; n++)); do
		ip -n "nsub$LAB_SUFFIX" addr add "10.0.0.$((n + 100))/24" dev wan
		in_ns nsub ping -n -c 1 -W 2 -I "10.0.0.$((n + 100))" "$WEB4" >/dev/null &&
			answered=$((answered + 1))
	done
	figure="$answered of $users"
	[ "$answered" = "$users" ]
}
in_ns sub ping -n -c 1 -W 2 "$WEB4" >/dev/null || true
if ! ip -n "sub$LAB_SUFFIX" route show | grep -q encap; then
	say "skipped: no SRv6 in this kernel"
	exit 77
fi
t_ok "softwires that pass" softwires
t_ok "NAT44 hosts that pass" hosts
t_ok "as many DS-Lite users" t_json \
	"[.users[] | select(.instance == \"ds1\") | .softwire] | unique | length == $users" \
	show user
t_ok "as many NAT44 users" t_json \
	"[.users[] | select(.instance == \"nat1\")] | length >= $users" show user
# shellcheck disable=SC2016  # $a is jq's
t_ok "no block has two owners" t_json \
	'[.users[] | .outside as $a | .blocks[] | [$a, .[0]]]
	 | length > 0 and length == (unique | length)' show user
t_ok "all users can be cleared" lab_ctl clear user
no_users() { t_json '.users == []' show user; }
t_ok "and are gone" wait_for 5 no_users
t_ok "all ports return" t_returned
t_end
