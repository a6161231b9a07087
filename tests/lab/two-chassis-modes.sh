#!/usr/bin/env bash
# Ways in which two boxes share: two locations in two groups (1+1); two in one group, so that
# a user may come to the box that does not work for it; customers whose inside addresses are
# the same.
# Each box works for what it leads; when one is killed the other does everything. What they
# configure differently is named, alarmed and left out, and the rest goes on.
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
# Twelve users whose gateway is a virtual router of box b: some of them are box a's, so their
# packets pass from box to box and back again.
strays() {
	local n here there
	for n in {130..141}; do
		ip -n "nsub$LAB_SUFFIX" addr add "10.0.0.$n/24" dev wan
		in_ns nsub ping -n -c 2 -i 0.2 -W 2 -I "10.0.0.$n" "$WEB4" >"$LAB_RUN/ping" || {
			figure="10.0.0.$n: $(tail -n 2 "$LAB_RUN/ping")"
			return 1
		}
	done
	here=$(on b users | jq 'map(select(.[2] // "" | startswith("10.0.0.1"))) | length')
	there=$(on a users | jq 'map(select(.[2] // "" | startswith("10.0.0.1"))) | length')
	figure="$there of $((here + there)) users who came to box b are box a's"
	[ "$here" -gt 0 ] && [ "$there" -gt 0 ] && [ $((here + there)) = 12 ]
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

# --- two configurations -------------------------------------------------------------------

# channels_are BOX FIRST SECOND: the states of the channels of locations 1 and 2.
channels_are() {
	on "$1" t_json "[.ha.channels[].state] == [\"$2\", \"$3\"]" show ha
}
names_it() {
	on "$1" t_json '.ha.channels[1] | .alarm and (.mismatches |
		any(.kind == "pool" and .name == "pool2" and .how == "differs") and
		all(.name != "pool1" and .name != "ds1"))' show ha &&
		on "$1" t_json '[.events[].reason] | any(test("config-mismatch: .*pool pool2 differs"))' \
			show log
}
copies() { # copies BOX LOCATION: sessions that it keeps for the other box
	on "$1" lab_ctl --json show service-location "$2" |
		jq '.service_locations[0].standby_sessions // 0'
}
at_most() { # at_most N COMMAND…: that is what it prints
	figure=$("${@:2}")
	[ "$figure" -le "$1" ]
}
more_than() { ! at_most "$@"; }

# Box a keeps the copy of location 2, and changes one of its pools.
mismatch() {
	local conf=$LAB_RUN/cgnd-a.conf first second
	cp "$conf" "$LAB_RUN/as-it-was"
	first=$(copies b 1)
	sed -i 's|"203.0.113.64/28"|"203.0.113.64/28", "203.0.113.80/30"|' "$conf"
	t_ok "another pool in box a" quiet on a lab_ctl reload
	t_ok "box a leaves out location 2 alone" later 5 channels_are a realtime config-mismatch
	t_ok "so does box b" later 5 channels_are b realtime config-mismatch
	t_ok "box a names it" later 5 names_it a
	t_ok "box b names it" later 5 names_it b
	second=$(copies a 2)
	t_ok "both still work" roles "$1"
	t_ok "users reach the Internet" reach
	t_ok "sessions of location 1 are copied" wait_for 10 more_than "$first" copies b 1
	t_ok "those of location 2 are not" at_most "$second" copies a 2
	cp "$LAB_RUN/as-it-was" "$conf"
	t_ok "the same pool again" quiet on a lab_ctl reload
	t_ok "box a has a copy of location 2" later 20 copied a 2
	t_ok "with those sessions" wait_for 10 more_than "$second" copies a 2
}

# mode NAME BEFORE AFTER: who works for the locations before and after box a is killed.
mode() {
	local LAB_CHASSIS=$1
	t_lab "-${1//[+]/-}"
	t_up
	t_must "$1: who leads" later 30 roles "$2"
	t_ok "$1: users reach the Internet" reach
	[ "$1" != group ] || t_ok "$1: users reach the other box through this one" strays
	t_ok "$1: box b has a copy" later 30 copied b 1
	[ "$3" = b ] || t_ok "$1: box a has a copy" later 30 copied a 2
	[ "$1" != 1+1 ] || mismatch "$2"
	t_ok "$1: no port has two owners" owned_once
	before=$(both_users)
	on a lab_kill_cgnd
	t_ok "$1: box b works for all" later 20 roles "$3"
	t_ok "$1: users have their addresses" later 10 same_users
	t_ok "$1: and reach the Internet" reach
	t_ok "$1: box b leaves with 0" on b t_clean_exit
	lab_down
}
for kind in ${MODES:-1+1 group vpn}; do
	if [ "$kind" = vpn ]; then mode vpn a b; else mode "$kind" "a b" "b b"; fi
done
exit $((t_failed > 0))
