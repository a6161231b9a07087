#!/usr/bin/env bash
# TCP over paths of 1500 and of 1280 bytes, both ways through the box. A router beyond it
# says "too big": the host inside, behind the softwire too, hears of it and sends less. And
# a softwire over links of 1280 bytes.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

FAR4=192.0.2.130

# A network behind a link of 1280 bytes, with an iperf3 server that claims to be able to
# take segments for 1500: nobody but the router knows.
far_up() {
	lab_ns_add far
	lab_link inet to-far far wan 1280
	ip -n "inet$LAB_SUFFIX" addr add 192.0.2.97/30 dev to-far
	ip -n "far$LAB_SUFFIX" addr add 192.0.2.98/30 dev wan
	ip -n "far$LAB_SUFFIX" addr add "$FAR4/32" dev lo
	ip -n "far$LAB_SUFFIX" route add default via 192.0.2.97 advmss 1460
	ip -n "inet$LAB_SUFFIX" route add "$FAR4/32" via 192.0.2.98
	in_ns inet sysctl -qw net.ipv4.ip_forward=1
	lab_spawn far iperf-far iperf3 -s -p 5203
	wait_for 10 in_ns far sh -c 'ss -Hltn "sport = :5203" | grep -q .'
}

# learnt NS MTU: what the host has learnt of the path to the far network.
learnt() {
	figure=$(in_ns "$1" ip route get "$FAR4" | grep -o 'mtu [0-9]*')
	[ "$figure" = "mtu $2" ]
}
# too_big NS: a datagram that must not be fragmented is answered by the router.
too_big() {
	figure=$({ in_ns "$1" ping -n -c 1 -W 2 -M "do" -s 1400 "$FAR4" || true; } 2>&1 |
		grep -i 'frag needed')
	[[ $figure = *"From $INET4"*"mtu = 1280"* ]]
}
far_iperf() { IPERF4=$FAR4 m_iperf "$1" 1 5203 "${@:2}"; }

t_lab plain && t_up
t_must "a far network behind 1280 bytes" far_up
for ns in sub nsub; do
	t_ok "$ns: 1500 bytes, whole packets" m_ping "$ns" "$WEB4" -s 1472 -M "do"
	t_ok "$ns: 1500 bytes, TCP up" m_iperf "$ns" 1 5201
	t_ok "$ns: 1500 bytes, TCP down" m_iperf "$ns" 1 5201 -R
	t_ok "$ns: 1280 bytes, too big is told inside" too_big "$ns"
	in_ns "$ns" ip route flush cache
	t_ok "$ns: 1280 bytes, TCP up" far_iperf "$ns"
	t_ok "$ns: 1280 bytes, and the host has learnt" learnt "$ns" 1280
	t_ok "$ns: 1280 bytes, TCP down" far_iperf "$ns" -R
	t_ok "$ns: 1280 bytes, 4000 in fragments" m_ping "$ns" "$FAR4" -s 4000
done
t_ok "all ports return" t_returned

t_lab tunnel && LAB_TUNNEL_MTU=1280
t_up
# 40 bytes of the softwire's header leave 1240 for the inner packet.
t_ok "softwire of 1280 bytes: a packet of 1240 is whole" m_ping sub "$WEB4" -s 1212 -M "do"
t_ok "softwire of 1280 bytes: TCP up" m_iperf sub 1 5201
t_ok "softwire of 1280 bytes: TCP down" m_iperf sub 1 5201 -R
t_ok "softwire of 1280 bytes: 1500 bytes, in fragments" m_ping sub "$WEB4" -s 1472 -M "dont"
t_ok "all ports return" t_returned
t_end
