#!/usr/bin/env bash
# Two boxes of which one or both start again: the standby is killed under load, comes back
# with another key, then with the right one; two hand-overs in a row; the tick counter, 32
# bits, wraps; both are killed and started together.
# LOAD=N: so many times as many sessions.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"
# shellcheck source=tests/lab/badlink.sh
. "$TOP/tests/lab/badlink.sh"

load=${LOAD:-1}
WRAP_S=$(((1 << 32) / 10)) # of ticks of 100 ms

connected_again() {
	for ns in sub nsub; do
		m_ping "$ns" "$WEB4" || return 1
		connect "$ns"
	done
}
no_master() { ! on "$1" t_json '[.events[].reason] | any(test("service-location 1: master"))' \
	show log; }

p_up
t_must "box a works, box b has a complete copy" later 20 home
t_must "connections" connected_again
t_ok "sessions" sessions 10.0.16.0 192.0.2.200 $((16 * load))
t_ok "box b has them" alike

# --- the standby -----------------------------------------------------------------------------

more() { # new users all the time
	local n=0
	while [ ! -e "$LAB_RUN/more-stop" ]; do
		sessions "10.0.$((64 + n % 64)).0" 192.0.2.201 2
		n=$((n + 1))
		sleep 0.2
	done
}
witness
more &
more=$!
t_ok "the standby is killed under load" box_dies b
head -c 32 /dev/urandom >"$LAB_KEY_B"
t_ok "it comes back with another key" on b lab_start_cgnd
refused() { on "$1" t_json '.ha.channels[0] | .rejected_by.auth > 5 and .state == "down"' \
	show ha; }
t_ok "box b refuses the other one's datagrams" later 5 refused b
t_ok "so does box a" later 5 refused a
t_ok "it does not work, knowing nothing" no_master b
cat "$LAB_RUN/ha.key" >"$LAB_KEY_B"
from=$EPOCHREALTIME
t_ok "the right key" on b quiet lab_ctl reload
ready() {
	later 20 copied b 1 || return 1
	figure="$(on b lab_ctl --json show service-location |
		jq '.service_locations[0].standby_sessions') sessions in $(awk -v a="$from" \
		-v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s"
}
t_ok "it has a complete copy" ready
touch "$LAB_RUN/more-stop"
wait "$more" || true
t_ok "the active box has lost nothing" witness_end 0
t_ok "both have the same" alike

# --- two hand-overs in a row ------------------------------------------------------------------

# By command, and then box b is killed before it can have made a copy.
two() {
	local from
	on a quiet lab_ctl ha switch 1 && wait_for 10 roles b || return 1
	from=$EPOCHREALTIME
	box_dies b && wait_for 10 roles a || return 1
	figure=$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }')
	[ "${figure%%.*}" -lt 5 ]
}
witness
t_ok "box b has all" wait_for 20 witnessed
keep
t_ok "handed over, and back because box b is killed: in between" two
t_ok "nothing is lost" kept a
t_ok "flows went on" witness_end 1000
t_ok "box b is back" on b lab_start_cgnd
t_ok "both have the same" alike

# --- wraps ---------------------------------------------------------------------------------------

turn() { on a t_clock "$1" && on b t_clock "$1"; }
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through all of it" connected "$ns"; done
turn $((WRAP_S - 100)) # less than 70 s since the start
t_ok "ten years later all sessions are over" wait_for 20 on a t_no_sessions
turn 20
rm "$LAB_RUN/stop"
t_must "new connections" connected_again
t_ok "sessions" sessions 10.0.16.0 192.0.2.200
t_ok "box b has them" alike
keep
turn 80 # now it has wrapped
t_ok "the counter of ticks wraps: all are there" kept a
t_ok "more sessions" sessions 10.0.17.0 192.0.2.200
t_ok "box b has them" alike
keep
box_dies a
t_ok "box a is killed: box b works" later 20 roles b
t_ok "with all that box a had" kept b
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through it" connected "$ns"; done

# --- both -------------------------------------------------------------------------------------------

on b lab_kill_cgnd
dead+=(--dead "cgn-a=$EPOCHREALTIME+0" --dead "cgn-b=$EPOCHREALTIME+0")
one() { roles a || roles b; }
both_start() {
	local pids=() box from=$EPOCHREALTIME
	for box in a b; do
		on "$box" lab_start_cgnd &
		pids+=("$!")
	done
	wait "${pids[0]}" && wait "${pids[1]}" || return 1
	later 3 one && figure+=" after both were ready"
}
masters() { # of both, since they started
	cat "$LAB_RUN"/cgnd-?.log | grep -c 'service-location 1: master'
}
single() {
	figure="$(masters) took over"
	[ "$(masters)" = 1 ]
}
t_ok "both are killed and start together: one works" both_start
t_ok "and the other one gets a copy" later 20 home
t_ok "only one ever worked" single
t_ok "users reach the Internet" m_ping sub "$WEB4"
t_ok "users reach the Internet" m_ping nsub "$WEB4"
t_ok "ledger" ledger
t_end
