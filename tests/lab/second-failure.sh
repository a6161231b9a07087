#!/usr/bin/env bash
# Failures one after the other. Boards 1 and 2 have one backup, board 3, which takes both
# with their flows (N:1); when it fails too, both go cold to the backup CPU of the group,
# board 4; and when that fails, the instance leaves the box. All boards return, and so does
# everything.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=4 LAB_SUBS=4 LAB_TUNNEL_MTU=1540
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 1; detect_ms = 1000;'
LAB_DS_LITE='centralized_backup: { enable = true; };'
LAB_GROUP='backup_cpus = ( { slot = 4; cpu = 0; } );'
LAB_CONFIG=$(mktemp)
lab_conf | sed 's|^service_locations: .*|service_locations: (\
	{ id = 1; slot = 1; cpu = 0; backup: { slot = 3; cpu = 0; }; },\
	{ id = 2; slot = 2; cpu = 0; backup: { slot = 3; cpu = 0; }; } );|
	s|service_locations = .*|service_locations = ( { id = 1; weight = 1; },\
		{ id = 2; weight = 1; } );|' >"$LAB_CONFIG"
t_up
rm -f "$LAB_CONFIG"

# later SECONDS COMMAND…: true within that time; how it was before is not told.
later() { wait_for "$@" && figure=''; }
# at PLACE PLACE: slots that host the two locations, 0: none.
at() {
	t_json "[.service_locations[] | .current.slot // 0] == [$1, $2]" show service-location
}
complete() {
	t_json '[.service_locations[] | .batch_backup == "finished" and
		.standby_sessions == .sessions] | all' show service-location
}
# endpoints: of the flows, which are as old as the test.
endpoints() {
	lab_ctl --json show session role=active proto=udp | jq -c '.sessions[] |
		select(.remote | endswith(":7000")) | [.softwire, .inside, .outside]' | sort
}
same_endpoints() {
	figure="$(grep -c . <<<"$before") flows"
	[ "$(endpoints)" = "$before" ] && [ -n "$before" ]
}
instance() {
	t_json ".instances[0] | .cpus_total == 4 and .cpus_failed == $1 and .state == \"$2\"" \
		show ds-lite instance ds1
}
logged() { t_json "[.events[].reason | select(test(\"$1\"))] | length >= 1" show log; }
crash() { lab_ctl debug crash "$1" >/dev/null; }
everybody() {
	local n
	for n in '' 2 3 4; do m_whoami "sub$n" 203.0.113. || return 1; done
}
# Flows that ask once a second and notice what their public endpoint is.
cat >"$LAB_RUN/flow.py" <<'PY'
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 7000))
while True:
    try:
        s.send(b"?")
    except OSError:
        pass
    time.sleep(0.3)
PY
lab_spawn inet answer "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
for n in '' 2 3 4; do
	t_must "sub$n: ping" m_ping "sub$n" "$WEB4"
	lab_spawn "sub$n" "flow$n" python3 "$LAB_RUN/flow.py" "$WEB4"
done
have_flows() { [ "$(endpoints | wc -l)" = 4 ]; }
t_must "four flows" later 5 have_flows
t_must "with copies" later 15 complete
t_ok "on both boards" t_json '[.service_locations[].sessions > 0] | all' show service-location
before=$(endpoints)

t_ok "board 1 fails" crash 1
t_ok "board 3 has its location" later 10 at 3 2
t_ok "same addresses and ports" same_endpoints
t_ok "board 2 fails" crash 2
t_ok "board 3 has both" later 10 at 3 3
t_ok "same addresses and ports" same_endpoints
t_ok "all subscribers are served" wait_for 5 everybody
t_ok "F = 2 of 4" instance 2 active

t_ok "board 3 fails too" crash 3
t_ok "the backup CPU of the group has both" later 10 at 4 4
t_ok "cold, as the event says" logged 'service-location 1: moved to cgn-4-0, cold'
t_ok "all subscribers are served" wait_for 5 everybody
t_ok "F = 3 of 4" instance 3 active

t_ok "board 4 fails too" crash 4
t_ok "both are down" later 10 at 0 0
t_ok "the instance has left the box" instance 4 switched
t_ok "as the event says" logged \
	'instance ds1: switched to the other box: all CPUs failed; failed F = 4, total T = 4'
start() { lab_ctl board start "$1" >/dev/null; }
for n in 4 3 2 1; do t_ok "board $n is started" wait_for 5 start "$n"; done
t_ok "the locations come home" later 20 at 1 2
t_ok "F = 0: the instance is back" instance 0 active
t_ok "all subscribers are served" wait_for 5 everybody
t_end
