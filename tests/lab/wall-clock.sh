#!/usr/bin/env bash
# The wall clock of the daemon is set forward and back by a day, and by a second as at a leap
# second (libfaketime): no session ends, no timer fires, no packet of a flow of one a
# millisecond is lost; log and history tell where the times jump.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

lib=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1
[ -e "$lib" ] || {
	say "skipped: no libfaketime; scripts/setup lab"
	exit 77
}
LAB_BOARDS=2 LAB_BACKUP=1 LAB_MEMORY=512 LAB_SESSIONS=16384
# The daemon is started with this clock; nothing else has it.
clock=$(mktemp -d)
trap 't_clean; rm -rf "$clock"' EXIT
printf '+0' >"$clock/shift"
cat >"$clock/cgnd" <<END
#!/bin/sh
LD_PRELOAD=$lib FAKETIME_TIMESTAMP_FILE=$clock/shift FAKETIME_CACHE_DURATION=1 \\
	FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1 exec "$CGN_BUILD/cgnd" "\$@"
END
chmod +x "$clock/cgnd"
ln -s "$CGN_BUILD/cgnctl" "$CGN_BUILD/tests" "$clock"
CGN_BUILD=$clock
t_up

lab_spawn inet silence python3 "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
t_must "a user" m_ping nsub "$WEB4"
in_ns nsub python3 "$TOP/tests/lab/silence.py" run "$WEB4" 7000 60 0 "$LAB_RUN/stop" \
	>"$LAB_RUN/flow" 2>&1 &
flow=$!
there() { t_json 'any(.sessions[]; .remote | endswith(":7000"))' show session; }
t_must "a flow" wait_for 10 there
t_ok "a TCP session, which ends by a timer" m_whoami nsub 203.0.113.
sessions() { lab_ctl --json show session | jq -c '[.sessions[] | select(.proto != "icmp") | [.proto, .inside, .outside]] | sort'; }
before=$(sessions)

# jump SHIFT WORD: the daemon's clock is so far off from now on, and it says so.
# What else happens in that second may be told behind it.
said() { t_json "[.events[].reason | select(test(\"the wall clock\"))] | last |
	test(\"the wall clock was set $1\")" show log; }
jump() {
	printf '%s' "$1" >"$clock/shift"
	wait_for 6 said "$2" || return 1
	figure=$(lab_ctl --json show log | jq -r '[.events[] | select(.reason | test("the wall clock"))] |
		last | "\(.time) \(.reason)"')
}
t_ok "a day forward" jump +1d 'forward by 86[34]'
t_ok "two days back" jump -1d 'back by 172[789]'
t_ok "to now" jump +0 'forward by 86[34]'
t_ok "a leap second" jump -1s 'back by [01]'
t_ok "the same sessions" [ "$(sessions)" = "$before" ]
t_ok "no board has failed, nothing has moved" t_json \
	'[.events[].reason | select(test("failed|fenced|moved"))] == []' show log
touch "$LAB_RUN/stop"
flawless() {
	wait "$flow" || return 1
	read -r sent lost gap ends <"$LAB_RUN/flow"
	figure="$sent packets, $lost lost, longest silence $gap ms, seen as $ends"
	[ "$lost" = 0 ] && [ "$(wc -w <<<"$ends")" = 1 ]
}
t_ok "the flow noticed nothing" flawless
t_ok "time goes on: a session ends when it is over" t_returned
t_end
