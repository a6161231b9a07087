#!/usr/bin/env bash
# ha.block_commit = "synchronous": what new users send waits until the standby has their
# blocks. The standby's thread is stopped for a moment: after 50 ms they wait no longer, the
# pair is degraded and an event tells; and all is well when the standby has caught up.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_BACKUP=1
LAB_HA='hot_backup = true; delay_time = 1; detect_ms = 5000; block_commit = "synchronous";'

later() { wait_for "$@" && figure=''; }
complete() {
	t_json '[.service_locations[] | .batch_backup == "finished"] | all' show service-location
}
commits() { t_json ".ha.block_commit | $1" show ha; }
logged() { t_json "[.events[].reason | select(test(\"$1\"))] | length >= 1" show log; }
# flows FIRST: 40 new users.
flows() { in_ns nsub "$CGN_BUILD/tests/lab/flows" "10.0.0.$1" "$WEB4" 40 1 1 1000; }
thread() {
	local pid task
	pid=$(cat "$LAB_RUN/cgnd.pid")
	for task in /proc/"$pid"/task/*; do
		[ "$(cat "$task/comm")" != "$1" ] || printf '%s' "${task##*/}"
	done
}
hold() {
	"$CGN_BUILD/tests/lab/hold" "$1" "$LAB_RUN/go" >"$LAB_RUN/hold" 2>&1 &
	holder=$!
	wait_for 5 grep -q stopped "$LAB_RUN/hold"
}
let_go() {
	touch "$LAB_RUN/go"
	wait "$holder"
}

t_up
t_must "copies are complete" later 15 complete
t_ok "new users are served" m_ping sub "$WEB4"
t_ok "and 40 more" flows 16
t_ok "they have waited, no standby was late" commits \
	'.synchronous and .waits > 20 and .degraded == 0'
t_must "the thread of board 1 is stopped" hold "$(thread cgn-1-0)"
t_ok "40 more" flows 100
t_ok "its pair is degraded" later 3 commits '.degraded == 1 and .late >= 1'
t_ok "the event" later 3 logged 'degraded: its standby does not acknowledge'
t_ok "it is let go" let_go
t_ok "and has caught up" later 5 commits '.degraded == 0'
t_ok "the event" later 3 logged 'its standby has all blocks again'
t_ok "no board was given up" t_json '[.boards[].state == "up"] | all' show board
t_ok "new users are served" m_ping nsub "$WEB4"
t_end
