#!/usr/bin/env bash
# One location of NAT44 whose state is kept twice: in the other box, and when that is gone, on
# another board of this one. The other box is killed, then the board crashes, the box comes
# back, and the one that was left is killed: a flow of packets goes on through all of it with
# the same public address and port.
# Runs alone: two boxes with two boards want their CPUs.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"

LAB_CHASSIS=boards LAB_HA='detect_ms = 300; adopt_delay = 2;'
export RATE=${RATE:-100}

# held BOX SLOT ROLE: the flow is in that role on that board.
held() {
	on "$1" t_json "[.sessions[] | select(.slot == $2 and (.remote | endswith(\":7000\")))] | length == 1" \
		show session role="$3"
}
board() { on b t_json ".service_locations[0].current.slot == $1" show service-location 2; }

t_up
lab_spawn inet silence "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
t_must "each box works for one location" later 30 roles "a b"
t_must "box a has a copy of the other" later 30 copied a 2
in_ns nsub "$TOP/tests/lab/silence.py" run "$WEB4" 7000 120 20000 "$LAB_RUN/stop" \
	>"$LAB_RUN/flow" &
flow=$!
t_must "the flow is on board 1 of box b" later 15 held b 1 active
t_ok "and its copy in box a" later 15 held a 1 standby
on a lab_kill_cgnd
t_must "box b works for all" later 20 roles "b b"
t_ok "now board 2 has the copy" later 20 held b 2 standby
on b quiet lab_ctl debug crash 1
t_must "board 1 crashes, board 2 takes over" later 15 board 2
t_ok "the flow is there" later 5 held b 2 active
on a lab_start_cgnd
t_must "box a is back and has a copy" later 40 copied a 2
t_ok "of the flow too" later 15 held a 1 standby
on b lab_kill_cgnd
t_must "box b is killed, box a works for all" later 20 roles "a a"
t_ok "the flow is there" later 5 held a 1 active
touch "$LAB_RUN/stop"
one_end() {
	local sent lost silence ends
	wait "$flow"
	read -r sent lost silence ends <"$LAB_RUN/flow"
	figure="$lost of $sent packets lost, silence $silence ms, seen as $ends"
	[[ $ends != *' '* ]] && [ "$lost" -lt "$((sent / 2))" ]
}
t_ok "one public address and port all the time" one_end
t_end
