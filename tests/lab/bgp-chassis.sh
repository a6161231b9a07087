#!/usr/bin/env bash
# BGP moves the traffic from one box to the other: each has FRR beside it, and announces
# the pools while it is master. The master is stopped, comes back, and is killed.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib/labfrr.sh
. "$TOP/scripts/lib/labfrr.sh"

LAB_CHASSIS=1:1 LAB_B4=tun LAB_TUNNEL_MTU=1500
LAB_TOP='routing: { };'
POOL2=203.0.113.64/28

lab_make_more() {
	local box
	for box in cgn-a cgn-b; do lab_bgp_quiet "$box" cgn-in cgn-out cgn-sync; done
	ip -n "inet$LAB_SUFFIX" route del "$POOLS4"
	ip -n "inet$LAB_SUFFIX" -6 route del 2001:db8::/32
}

# As the pair has it, with a tap and without routes towards the core.
eval "$(declare -f lab_conf_pair | sed '1s/lab_conf_pair/pair_conf/')"
lab_conf_pair() {
	pair_conf "$1" | sed -e 's|iface=cgn-out";|& tap = "core0";|' \
		-e '/^routes:/,/);$/c\routes: ( { prefix = "'"$B4_NET"'::/40"; next_hop = "'"$SUB_WAN6"'"; } );'
}

start_frr() {
	local n box
	lab_bgp_conf 65001 "$INET4" 65000 'network 192.0.2.0/24' '' \
		198.51.100.11 198.51.100.12 | lab_frr inet || return 1
	for box in a b; do
		n=1 && [ "$box" = a ] || n=2
		lab_bgp_conf 65000 "198.51.100.1$n" 65001 'redistribute kernel' '' "$INET4" |
			lab_frr "cgn-$box" || return 1
	done
}

goes_by() { # goes_by a|b
	local n=1
	[ "$1" = a ] || n=2
	figure=$(ip -n "inet$LAB_SUFFIX" route show "$POOL2" proto bgp)
	[[ $figure = *"via 198.51.100.1$n "* ]]
}
learnt() {
	t_json '[.routes[] | select(.prefix == "192.0.2.0/24" and .used)] | length == 1' \
		show routes && figure=''
}
both_learnt() {
	local box
	for box in a b; do
		lab_box "$box"
		learnt || return 1
	done
	lab_box a
}
is_master() { [ "$(lab_masters 1)" = "$1" ]; }
is_complete() {
	t_json '.service_locations[0].batch_backup == "finished"' show service-location &&
		figure=''
}

# probe MS COUNT COMMAND…: pings while something happens; none is silent for so long.
probe() {
	local rc=0 most=$1 count=$2
	shift 2
	in_ns nsub ping -n -D -O -i 0.02 -c "$count" "$WEB4" >"$LAB_RUN/log/probe" 2>&1 &
	sleep 0.3
	"$@" || rc=1
	wait "$!" || true
	figure="longest silence $(sed -n 's/^\[\([0-9.]*\)\] .*bytes from.*/\1/p' \
		"$LAB_RUN/log/probe" | awk 'NR > 1 && $1 - last > most { most = $1 - last }
		{ last = $1 } END { printf "%.0f ms", most * 1000 }')"
	[ "$rc" = 0 ] && [ "$(tr -dc 0-9 <<<"$figure")" -lt "$most" ]
}
# Nobody is to notice: the other box announces before this one withdraws.
stop_a() {
	kill -TERM "$(cat "$LAB_RUN/cgnd-a.pid")"
	wait_for 10 goes_by b && wait_for 10 test -e "$LAB_RUN/cgnd-a.rc"
}

start_a() { lab_start_cgnd && wait_for 15 goes_by a; }
kill_a() { lab_kill_cgnd && wait_for 10 goes_by b; }

t_up
t_must 'FRR starts beside both boxes and in the Internet' start_frr
t_must 'box a is master' wait_for 10 is_master a
t_must 'both learn' wait_for 10 both_learnt
t_must 'BGP leads to box a' wait_for 10 goes_by a
t_ok 'packets pass' m_whoami nsub 203.0.113.
t_must 'box b has a copy' wait_for 10 is_complete
t_ok 'box a is stopped, and hands over first' probe 1000 200 stop_a
t_ok 'packets pass' m_whoami nsub 203.0.113.
t_must 'box a comes back and takes over' start_a
t_ok 'packets pass' m_whoami nsub 203.0.113.
t_must 'box b has a copy' wait_for 10 is_complete
t_ok 'box a is killed' probe 5000 150 kill_a
lab_box b
t_ok 'packets pass' m_whoami nsub 203.0.113.
t_end
