#!/usr/bin/env bash
# A thread is stopped from outside, as by a debugger. That of a board: its users go on on
# the other board, and when it wakes up it changes nothing. That of control: packets go on,
# no board is given up for it, and commands are answered when it is back; CONTROL_SECONDS=10
# for longer than 2 s. One that is given a tenth of its processor is no failure.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_BACKUP=1
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 1; detect_ms = 100;
	block_commit = "synchronous";'

# later SECONDS COMMAND…: true within that time; how it was before is not told.
later() { wait_for "$@" && figure=''; }
# thread NAME: its id.
thread() {
	local pid task
	pid=$(cat "$LAB_RUN/cgnd.pid")
	for task in /proc/"$pid"/task/*; do
		[ "$(cat "$task/comm")" != "$1" ] || printf '%s' "${task##*/}"
	done
}
# hold TID [HELD RUN]: until let_go.
hold() {
	local tid=$1
	shift
	rm -f "$LAB_RUN/go"
	"$CGN_BUILD/tests/lab/hold" "$tid" "$LAB_RUN/go" "$@" >"$LAB_RUN/hold" 2>&1 &
	holder=$!
	wait_for 5 grep -q stopped "$LAB_RUN/hold" || {
		figure=$(cat "$LAB_RUN/hold")
		return 1
	}
}
let_go() {
	touch "$LAB_RUN/go"
	wait "$holder"
}
flow() { in_ns "$home" "$TOP/tests/lab/silence.py" run "$WEB4" 7000 "$1" >"$LAB_RUN/flow"; }
# flowed MS: it kept its public address and port and was never silent for so long.
flowed() {
	local sent lost silence ends
	read -r sent lost silence ends <"$LAB_RUN/flow" || return 1
	figure="$lost of $sent packets lost, silence $silence ms, seen as $ends"
	[[ $ends =~ ^[0-9.:]+$ ]] && [ "$silence" -lt "$1" ]
}
board() { t_json ".boards[] | select(.slot == 1) | .state == \"$1\"" show board; }
on() { t_json ".service_locations[0].current.slot == $1" show service-location 1; }
complete() {
	t_json '[.service_locations[] | .batch_backup == "finished"] | all' show service-location
}
logged() { t_json "[.events[].reason | select(test(\"$1\"))] | length == $2" show log; }
# state: all tables, without what a new flow changes.
state() {
	{
		lab_ctl --json show session role=active | jq -c '.sessions[] |
			[.instance, .proto, .softwire, .inside, .outside, .remote, .slot]'
		lab_ctl --json show user role=active | jq -c '.users[] |
			[.softwire, .inside, .outside, .blocks, .slot]'
		lab_ctl --json show address-group | jq -c '.address_groups[]'
		lab_ctl --json show service-location | jq -c '[.service_locations[].current]'
	} | sort
}
cpu_time() { cut -d' ' -f14,15 "/proc/$(cat "$LAB_RUN/cgnd.pid")/task/$1/stat"; }

t_up
lab_spawn inet answer "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
for n in '' 2 3 4; do t_must "sub$n: ping" m_ping "sub$n" "$WEB4"; done
home=sub$(lab_ctl --json show user | jq -r '[.users[] | select(.slot == 1 and
	.role == "active" and .softwire != null) | .softwire | split(":")[3]] | first' |
	sed 's/^1$//')

seconds=${CONTROL_SECONDS:-2}
flow $((seconds + 1)) &
flow=$!
t_must "the thread of control is stopped" hold "$(cat "$LAB_RUN/cgnd.pid")"
sleep "$seconds"
t_ok "and goes on" let_go
wait "$flow"
t_ok "packets did not wait for it" flowed 1500
t_ok "commands are answered" board up
t_ok "no board was given up" t_json '[.boards[].state == "up"] | all' show board
t_ok "nothing was moved" on 1

t_must "copies are complete" later 15 complete
tid=$(thread cgn-1-0)
commits() { t_json ".ha.block_commit | .synchronous and $1" show ha; }
t_ok "synchronous: new users waited, no standby was late" commits \
	'.waits > 0 and .degraded == 0'
flow 3 &
flow=$!
t_must "board 1 has 2 ms of 20" hold "$tid" 18 2
wait "$flow"
t_ok "its user's flow goes on" flowed 500
t_ok "and is let go" let_go
t_ok "no board was given up" t_json '[.boards[].state == "up"] | all' show board
t_ok "nothing was moved" on 1
tid=$(thread cgn-1-0)
flow 5.5 &
flow=$!
sleep 3.2 # older than delay_time and a round of the sweep: it has a copy
t_must "the thread of board 1 is stopped" hold "$tid"
t_ok "the board is fenced" later 10 board fenced
t_ok "the event" logged 'cgn-1-0: failed: .*does not execute, fenced when it wakes up' 1
t_ok "its location has moved" on 2
t_ok "it cannot be started while it is stopped" t_exit 1 lab_ctl board start 1
wait "$flow"
t_ok "its user's flow goes on" flowed 3000
for n in '' 2 3 4; do t_ok "sub$n: a new connection" m_whoami "sub$n" 203.0.113.; done
state >"$LAB_RUN/before"
t_ok "it wakes up" let_go
parked() { [[ $(cat "/proc/$(cat "$LAB_RUN/cgnd.pid")/task/$tid/wchan") = *futex* ]]; }
t_ok "and waits for its release" later 5 parked
before=$(cpu_time "$tid")
flow 1
t_ok "the flows of its users are not touched" flowed 1000
unchanged() {
	state >"$LAB_RUN/after"
	figure="$(wc -l <"$LAB_RUN/before") entries, of which changed:\
$(comm -23 "$LAB_RUN/before" "$LAB_RUN/after")"
	[ -z "$(comm -23 "$LAB_RUN/before" "$LAB_RUN/after")" ] &&
		[ "$(cpu_time "$tid")" = "$before" ] && board fenced && on 2 && figure=${figure%,*}
}
t_ok "it has changed nothing" unchanged
t_ok "it can be started" later 5 lab_ctl board start 1
t_ok "and is up, with empty tables" later 10 board up
t_end
