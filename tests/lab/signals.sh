#!/usr/bin/env bash
# Signals and exit codes of the daemon, and those of its command line.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_up
t_ok "cgnctl answers" t_exit 0 lab_ctl show version
t_ok "cgnctl prints JSON" t_json 'type == "object"' show version
t_ok "cgnctl: usage" t_exit 2 lab_ctl show nonsense
t_ok "cgnctl: refused" t_exit 1 lab_ctl show service-location 99
t_ok "cgnctl: no daemon" t_exit 3 "$CGN_BUILD/cgnctl" --run-dir "$LAB_RUN/none" show version

t_must "traffic before" m_ping nsub "$WEB4"
kill -HUP "$(cat "$LAB_RUN/cgnd.pid")"
t_ok "traffic after SIGHUP" m_ping nsub "$WEB4"
t_ok "cgnd is still there" lab_cgnd_alive

t_ok "SIGTERM: exit 0" lab_stop_cgnd
t_ok "nothing is left in the run directory" [ -z "$(ls -A "$LAB_RUN/cgnd" 2>/dev/null)" ]
t_ok "cgnctl: daemon gone" t_exit 3 lab_ctl show version

sed -i 's|idle = "sleep";|& on_crash = "exit";|' "$LAB_RUN/cgnd.conf"
t_ok "it starts again in the same place" lab_start_cgnd
t_ok "traffic again" m_ping nsub "$WEB4"
kill -KILL "$(cat "$LAB_RUN/cgnd.pid")"
wait_for 10 test -e "$LAB_RUN/cgnd.rc"
t_ok "it starts after a kill" lab_start_cgnd
t_ok "traffic again" m_ping nsub "$WEB4"

# crashes: as told by on_crash = "exit", all of it ends by a crash of one board.
crashes() {
	lab_ctl debug crash 1 >/dev/null 2>&1
	wait_for 10 test -e "$LAB_RUN/cgnd.rc" || return 1
	figure="exit $(cat "$LAB_RUN/cgnd.rc"), $(grep -c '/cgnd(+0x' "$LAB_RUN/cgnd.log") frames"
	[[ $figure =~ ^exit\ 139,\ [1-9] ]] && grep -q 'on_crash = "exit"' "$LAB_RUN/cgnd.log"
}
if [[ $CGN_BUILD != *asan* ]]; then # which reports a crash itself
	ulimit -c 0
	t_ok "a board crashes: so does the daemon" crashes
	t_ok "it starts after a crash" lab_start_cgnd
	t_ok "traffic again" m_ping nsub "$WEB4"
fi
kill -INT "$(cat "$LAB_RUN/cgnd.pid")"
wait_for 10 test -e "$LAB_RUN/cgnd.rc"
t_ok "SIGINT: exit 0" [ "$(cat "$LAB_RUN/cgnd.rc")" = 0 ]
t_end
