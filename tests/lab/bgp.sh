#!/usr/bin/env bash
# Routing beside the box: a real FRR in the box's namespace speaks BGP with a real FRR in
# the Internet, over the box's own port and its tap. The box has no route towards the core
# but those that are learnt.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/lib/labfrr.sh
. "$TOP/scripts/lib/labfrr.sh"

LAB_B4=tun LAB_TUNNEL_MTU=1500

# The kernel's interface below a port on AF_PACKET must not answer for the tap's addresses.
lab_make_more() {
	local dev
	for dev in cgn-in cgn-in4 cgn-out; do
		in_ns cgn sysctl -qw "net.ipv4.conf.$dev.rp_filter=1" \
			"net.ipv4.conf.$dev.arp_ignore=8"
	done
}

box_conf() {
	lab_conf | sed -e 's|iface=cgn-out";|& tap = "core0";|' \
		-e '/^routes:/,/);$/c\routes: ( { prefix = "'"$B4_NET"'::/40"; next_hop = "'"$SUB_WAN6"'"; } );\
routing: { };'
}

bgp_conf() { # bgp_conf AS ID PEER4 PEER6 PEER-AS REDISTRIBUTE
	cat <<-CONF
	hostname bgp-$1
	router bgp $1
	 bgp router-id $2
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 1 3
	 bgp graceful-restart
	 bgp graceful-restart preserve-fw-state
	 neighbor $3 remote-as $5
	 neighbor $3 timers connect 1
	 neighbor $3 advertisement-interval 0
	 neighbor $4 remote-as $5
	 neighbor $4 timers connect 1
	 neighbor $4 advertisement-interval 0
	 address-family ipv4 unicast
	  no neighbor $4 activate
	  $6
	 exit-address-family
	 address-family ipv6 unicast
	  neighbor $4 activate
	  ${7:-$6}
	 exit-address-family
	CONF
}

start_frr() {
	bgp_conf 65001 "$INET4" "$BOX_OUT4" "$BOX_OUT6" 65000 'network 192.0.2.0/24' \
		'network 2001:db8:f00d::/48' | lab_frr inet &&
		bgp_conf 65000 "$BOX_OUT4" "$INET4" "$INET6" 65001 'redistribute kernel' |
		lab_frr cgn
}

established() { # established NS PEER
	[ "$(lab_vtysh "$1" "show bgp neighbors $2 json" | jq -r '.[].bgpState')" = Established ]
}

learnt() { # learnt PREFIX NEXT-HOP
	t_json "[.routes[] | select(.prefix == \"$1\" and .next_hop == \"$2\"
		and .origin == \"bgp\" and .used)] | length == 1" show routes && figure=''
}
forgotten() { # forgotten PREFIX
	t_json "[.routes[] | select(.prefix == \"$1\")] == []" show routes && figure=''
}
tap_counts() {
	figure=$(lab_ctl --json show ports | jq -c '.ports[] | select(.tap) | .tap |
		[.name, .state, .from_kernel_packets, .to_kernel_packets]')
	[[ $figure =~ ^\[\"core0\",\"up\",[1-9][0-9]+,[1-9][0-9]+\]$ ]]
}

# A table of 10,000 routes appears in the kernel while packets pass.
MANY=10000
many_routes() {
	local n began took
	for ((n = 0; n < MANY; n++)); do
		echo "route add 11.$((n >> 8)).$((n & 255)).0/24 via $INET4 dev core0 proto bgp"
	done >"$LAB_RUN/many"
	in_ns nsub ping -n -q -i 0.005 -c 400 "$WEB4" >"$LAB_RUN/log/ping" 2>&1 &
	sleep 0.2
	began=$(date +%s%N)
	ip -n "cgn$LAB_SUFFIX" -batch "$LAB_RUN/many" || return 1
	took=$((($(date +%s%N) - began) / 1000000))
	began=$(date +%s%N)
	wait_for 5 learnt "11.$(((MANY - 1) >> 8)).$(((MANY - 1) & 255)).0/24" "$INET4" ||
		return 1
	figure="$MANY routes in the kernel in $took ms, in the box $((($(date +%s%N) -
		began) / 1000000)) ms later"
	wait "$!"
	figure+=", $(sed -n 's/.*received, \(.*\), time.*/\1/p' "$LAB_RUN/log/ping")"
	grep -q ' 0% packet loss' "$LAB_RUN/log/ping"
}

LAB_CONFIG=$(mktemp)
box_conf >"$LAB_CONFIG"
t_up
t_must 'FRR starts in the box and in the Internet' start_frr
t_must 'BGP over IPv4, by the tap' wait_for 10 established cgn "$INET4"
t_ok 'BGP over IPv6, by the tap' wait_for 10 established cgn "$INET6"
t_must 'a route is learnt' wait_for 5 learnt 192.0.2.0/24 "$INET4"
t_ok 'packets of both went by the tap' tap_counts
t_ok 'a NAT44 user goes the way that was learnt' m_whoami nsub 203.0.113.
t_ok 'a DS-Lite user, too' m_whoami sub 203.0.113.

lab_vtysh inet 'conf
router bgp 65001
address-family ipv6 unicast
no network 2001:db8:f00d::/48' >/dev/null
t_ok 'what is withdrawn is forgotten' wait_for 5 forgotten 2001:db8:f00d::/48
t_ok 'a large table, without loss' many_routes

lab_frr_kill cgn zebra
lab_frr_kill cgn bgpd
sleep 0.5
t_ok 'without FRR the routes are as they were' learnt 192.0.2.0/24 "$INET4"
t_ok 'and packets pass' m_whoami nsub 203.0.113.
t_end
