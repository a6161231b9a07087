#!/usr/bin/env bash
# A standby with less room than its host: what it cannot keep is refused and counted, the
# copy is degraded and an event tells; users of the host notice nothing. When there is room
# again the copy is repaired.
# Not under sanitizers: the same is done to two workers there, in tests/ha.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=1 LAB_TUNNEL_MTU=1540
LAB_HA='hot_backup = true; delay_time = 1; batch_interval = 60; detect_ms = 1000;'
LAB_CONFIG=$(mktemp)
lab_conf | sed 's|^service_locations: .*|service_locations: ( { id = 1; slot = 1; cpu = 0;\
	backup: { slot = 2; cpu = 0; }; } );|
	s|service_locations = .*|service_locations = ( { id = 1; weight = 1; } );|
	s|{ slot = 2; sessions = [0-9]*;|{ slot = 2; sessions = 1024;|' >"$LAB_CONFIG"
t_up
rm -f "$LAB_CONFIG"

# later SECONDS COMMAND…: true within that time; how it was before is not told.
later() { wait_for "$@" && figure=''; }
complete() {
	t_json '.service_locations[0] | .batch_backup == "finished" and
		.standby_sessions == .sessions' show service-location
}
pair() { t_json ".ha.boards[0] | $1" show ha; }
holds() { t_json ".service_locations[0] | $1" show service-location; }
logged() { t_json "[.events[].reason | select(test(\"$1\"))] | length == 1" show log; }
drops() {
	lab_ctl --json show statistics |
		jq -c '.statistics.drops | [.sessions_full, .users_full, .no_block, .no_port]'
}

t_must "ping" m_ping sub "$WEB4"
t_must "the copy is complete" later 10 complete
t_ok "and not degraded" pair '.degraded == false and .state == "realtime"'
t_ok "more sessions than the standby may have" \
	in_ns nsub "$CGN_BUILD/tests/lab/flows" 10.0.0.16 "$WEB4" 40 25 2 5000
t_ok "the host has them" holds '.sessions > 1500'
t_ok "the standby is full" later 10 holds '.standby_sessions > 1000 and .standby_sessions <= 1024'
t_ok "refusals are counted, the copy is degraded" later 5 pair '.degraded and .rejected > 0'
t_ok "the event" logged 'service-location 1: its copy on cgn-2-0 is not complete: [0-9]+ records'
t_ok "the host refuses nothing" [ "$(drops)" = '[0,0,0,0]' ]
t_ok "its users notice nothing: ping" m_ping sub "$WEB4"
t_ok "and download" m_whoami sub 203.0.113.
t_ok "most sessions end" eval "lab_ctl clear session instance=nat1 >/dev/null"
t_ok "a batch by hand" eval 'lab_ctl ha batch-backup 1 >/dev/null'
t_ok "the copy is complete again" later 10 complete
t_ok "and not degraded" later 5 pair '.degraded == false and .state == "realtime"'
t_ok "the event" logged 'service-location 1: its copy on cgn-2-0 is complete again'
t_end
