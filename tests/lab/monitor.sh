#!/usr/bin/env bash
# monitor_location_groups: with the last location the outside port goes down, seen by the
# neighbour, and comes back with it; and traffic flows again.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2
LAB_TOP='monitor_location_groups: ( { name = "m1"; service_locations = [ 1, 2 ];
	down_number = 2; ports = [ "outside" ]; } );'

carrier() { [ "$(in_ns inet cat /sys/class/net/wan/carrier)" = "$1" ]; }

t_up
t_must "ping" m_ping sub "$WEB4"
t_ok "a board is shut down" lab_ctl board shutdown 1
t_ok "one location of two: the link is there" carrier 1
t_ok "the other, too" lab_ctl board shutdown 2
t_ok "the neighbour sees the link go" wait_for 2 carrier 0
t_ok "the event" t_json '[.events[].reason | select(test("port outside: down"))] | length == 1' \
	show log
t_ok "show ports" t_json '.ports[] | select(.name == "outside") | .link != "up"' show ports
t_ok "a board returns" lab_ctl board start 1
t_ok "the link is back" wait_for 2 carrier 1
t_ok "the other returns" lab_ctl board start 2
t_ok "traffic flows" wait_for 5 m_ping sub "$WEB4"
t_end
