#!/usr/bin/env bash
# Routing beside the box: a real FRR in the box's namespace speaks BGP with a real FRR in
# the Internet, over the box's own port and its tap. The box has no route towards the core
# but those that are learnt, and nobody has one to its pools but those that it announces:
# after it is ready, and no longer before it leaves.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib/labfrr.sh
. "$TOP/scripts/lib/labfrr.sh"

LAB_B4=tun LAB_TUNNEL_MTU=1500
POOL1=203.0.113.0/28 POOL2=203.0.113.64/28

lab_make_more() {
	lab_bgp_quiet cgn cgn-in cgn-in4 cgn-out
	ip -n "inet$LAB_SUFFIX" route del "$POOLS4"
	ip -n "inet$LAB_SUFFIX" -6 route del 2001:db8::/32
}

box_conf() {
	lab_conf | sed -e 's|iface=cgn-out";|& tap = "core0";|' \
		-e '/^routes:/,/);$/c\routes: ( { prefix = "'"$B4_NET"'::/40"; next_hop = "'"$SUB_WAN6"'"; } );\
routing: { };'
}

# Who restarts keeps its way, and so does the neighbour.
LAB_BGP='bgp graceful-restart
 bgp graceful-restart preserve-fw-state'
start_frr() {
	lab_bgp_conf 65001 "$INET4" 65000 'network 192.0.2.0/24' \
		'network 2001:db8:f00d::/48' "$BOX_OUT4" "$BOX_OUT6" | lab_frr inet &&
		lab_bgp_conf 65000 "$BOX_OUT4" 65001 'redistribute kernel' \
			'redistribute kernel' "$INET4" "$INET6" | lab_frr cgn
}

learnt() { # learnt PREFIX NEXT-HOP
	t_json "[.routes[] | select(.prefix == \"$1\" and .next_hop == \"$2\"
		and .origin == \"bgp\" and .used)] | length == 1" show routes && figure=''
}
forgotten() { # forgotten PREFIX
	t_json "[.routes[] | select(.prefix == \"$1\")] == []" show routes && figure=''
}
told() { # told PREFIX…: the Internet has a route to all of them
	local prefix family
	for prefix in "$@"; do
		family=-4 && [[ $prefix != *:* ]] || family=-6
		figure=$(ip -n "inet$LAB_SUFFIX" "$family" route show "$prefix" proto bgp)
		[ -n "$figure" ] || return 1
	done
}
untold() { # untold PREFIX…: and to none of them
	local prefix
	for prefix in "$@"; do ! told "$prefix" || return 1; done
}
tap_counts() {
	figure=$(lab_ctl --json show ports | jq -c '.ports[] | select(.tap) | .tap |
		[.name, .state, .from_kernel_packets, .to_kernel_packets]')
	[[ $figure =~ ^\[\"core0\",\"up\",[1-9][0-9]+,[1-9][0-9]+\]$ ]]
}
# changed SED…: the configuration is another one from now on.
changed() {
	sed -i "$@" "$LAB_RUN/cgnd.conf" && lab_ctl reload >"$LAB_RUN/log/reload" 2>&1
}
tap_has() { ip -n "cgn$LAB_SUFFIX" addr show dev core0 | grep -q "inet $1/"; }
follows_reload() {
	changed 's|"198.51.100.1/24"|&, "198.51.100.77/24"|' && tap_has 198.51.100.77 &&
		changed 's|, "198.51.100.77/24"||' && ! tap_has 198.51.100.77 && tap_has 198.51.100.1
}
learns_no_more() {
	changed 's|^routing: { };|routing: { learn = false; };|' &&
		wait_for 5 forgotten 192.0.2.0/24 && told "$POOL1" &&
		changed 's|^routing:.*|routing: { };|' && wait_for 5 learnt 192.0.2.0/24 "$INET4"
}
is_up() { t_json '.boards[0].state == "up"' show board && figure=''; }
is_down() { t_json '.boards[0].state == "down"' show board && figure=''; }

# A table of 10,000 routes appears in the kernel while packets pass.
MANY=${MANY:-10000}
many_routes() {
	local n began took
	for ((n = 0; n < MANY; n++)); do
		echo "route add $((11 + (n >> 16))).$((n >> 8 & 255)).$((n & 255)).0/24 via $INET4 dev core0 proto bgp"
	done >"$LAB_RUN/many"
	in_ns nsub ping -n -q -i 0.005 -c $((400 + MANY / 50)) "$WEB4" >"$LAB_RUN/log/ping" 2>&1 &
	sleep 0.2
	began=$(date +%s%N)
	ip -n "cgn$LAB_SUFFIX" -batch "$LAB_RUN/many" || return 1
	took=$((($(date +%s%N) - began) / 1000000))
	began=$(date +%s%N)
	n=$((MANY - 1))
	wait_for 5 learnt "$((11 + (n >> 16))).$((n >> 8 & 255)).$((n & 255)).0/24" "$INET4" ||
		return 1
	figure="$MANY routes in the kernel in $took ms, in the box $((($(date +%s%N) -
		began) / 1000000)) ms later"
	wait "$!"
	figure+=", $(sed -n 's/.*received, \(.*\), time.*/\1/p' "$LAB_RUN/log/ping")"
	grep -q ' 0% packet loss' "$LAB_RUN/log/ping"
}

# The world hears of it while the board still works.
withdrawn_first() {
	lab_ctl board shutdown 1 >"$LAB_RUN/log/shutdown" 2>&1 &
	wait_for 5 untold "$POOL1" "$POOL2" && is_up && wait "$!" && is_down
}
announced_last() {
	lab_ctl board start 1 >/dev/null && wait_for 5 told "$POOL1" "$POOL2" || return 1
	t_json '[.events[].reason] | (map(test("up, with empty tables")) | rindex(true))
		< (map(test("/28 announced")) | rindex(true))' show log
}
withdrawn_at_the_end() {
	kill -TERM "$(cat "$LAB_RUN/cgnd.pid")"
	wait_for 5 untold "$POOL1" "$POOL2" && lab_cgnd_alive
}
# What the neighbour has is no longer what it kept of the session before.
is_fresh() {
	lab_vtysh inet "show bgp ipv4 unicast $POOL1 json" |
		jq -e '.paths | length == 1 and (.[0].stale | not)'
}
restart_frr() {
	lab_frr_daemon cgn zebra && lab_frr_daemon cgn bgpd &&
		wait_for 10 lab_bgp_up cgn "$INET4" && wait_for 10 is_fresh
}

LAB_CONFIG=$(mktemp)
box_conf >"$LAB_CONFIG"
t_up
t_must 'FRR starts in the box and in the Internet' start_frr
t_must 'BGP over IPv4, by the tap' wait_for 10 lab_bgp_up cgn "$INET4"
t_ok 'BGP over IPv6, by the tap' wait_for 10 lab_bgp_up cgn "$INET6"
t_must 'a route is learnt' wait_for 5 learnt 192.0.2.0/24 "$INET4"
t_must 'the pools are announced' wait_for 5 told "$POOL1" "$POOL2"
t_ok 'so is the AFTR address' wait_for 5 told "$AFTR6"
t_ok 'packets of both went by the tap' tap_counts
t_ok 'a NAT44 user goes the way that was learnt' m_whoami nsub 203.0.113.
t_ok 'a DS-Lite user, too' m_whoami sub 203.0.113.
# As zebra puts it there with maximum-paths: the way to the web server, by two neighbours.
several() {
	ip -n "inet$LAB_SUFFIX" addr add 198.51.100.3/24 dev wan
	ip -n "cgn$LAB_SUFFIX" route add "$WEB4/32" proto bgp metric 20 \
		nexthop via "$INET4" dev core0 nexthop via 198.51.100.3 dev core0
	wait_for 5 learnt "$WEB4/32" 198.51.100.3 && learnt "$WEB4/32" "$INET4" &&
		both_ways && ip -n "cgn$LAB_SUFFIX" route del "$WEB4/32" proto bgp &&
		wait_for 5 forgotten "$WEB4/32"
}
both_ways() { # connections by either, each is answered
	local n
	in_ns inet ip neigh flush 198.51.100.1 dev wan
	for n in {1..8}; do m_whoami nsub 203.0.113. || return 1; done
	t_json '[.neighbours[] | select(.address == "198.51.100.3" and .state == "reachable")]
		| length == 1' show neighbours && figure=''
}
t_ok 'several next hops' several

lab_vtysh inet 'conf
router bgp 65001
address-family ipv6 unicast
no network 2001:db8:f00d::/48' >/dev/null
t_ok 'what is withdrawn is forgotten' wait_for 5 forgotten 2001:db8:f00d::/48
t_ok 'a large table, without loss' many_routes

t_ok 'addresses of the tap follow a reload' follows_reload
t_ok 'so does learning' learns_no_more
t_ok 'before the last board leaves, its prefixes do' withdrawn_first
t_ok 'when it is back, they are' announced_last
t_ok 'and packets pass' m_whoami nsub 203.0.113.

lab_frr_kill cgn zebra
lab_frr_kill cgn bgpd
sleep 0.5
t_ok 'without FRR the routes are as they were' learnt 192.0.2.0/24 "$INET4"
t_ok 'and packets pass' m_whoami nsub 203.0.113.
t_ok 'FRR is back' restart_frr
t_ok 'and packets pass' m_whoami nsub 203.0.113.

t_ok 'before the box leaves, its prefixes do' withdrawn_at_the_end
t_end
