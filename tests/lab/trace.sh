#!/usr/bin/env bash
# traceroute through the box: its hop shows itself by the right address, and the destination
# answers, whichever packets the program sends.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# A router and a network behind it, so that a hop lies beyond the box as well.
FAR4=192.0.2.130
t_up
lab_ns_add far
lab_link inet to-far far wan 1500
ip -n "inet$LAB_SUFFIX" addr add 192.0.2.97/30 dev to-far
ip -n "far$LAB_SUFFIX" addr add 192.0.2.98/30 dev wan
ip -n "far$LAB_SUFFIX" addr add "$FAR4/32" dev lo
ip -n "far$LAB_SUFFIX" route add default via 192.0.2.97
ip -n "inet$LAB_SUFFIX" route add "$FAR4/32" via 192.0.2.98
in_ns inet sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
in_ns far sysctl -qw net.ipv4.icmp_ratelimit=0

# trace NS BOX SIZE OPTION…: three hops, the first is BOX, the last the destination.
trace() {
	local ns=$1 box=$2 size=$3 got
	shift 3
	got=$(in_ns "$ns" traceroute -n -q 2 -w 1 -m 6 "$@" "$FAR4" "$size" 2>&1 |
		awk '$1 ~ /^[0-9]+$/ { printf "%s%s", n++ ? " " : "", $2 }')
	figure="by ${got// /, }"
	[ "$got" = "$box $INET4 $FAR4" ]
}
# The box of a softwire is 192.0.0.1 to those behind it (RFC 6333 5.7).
for way in "sub 192.0.0.1" "nsub $BOX_IN4"; do
	read -r ns box <<<"$way"
	t_ok "$ns: UDP" trace "$ns" "$box" 60
	t_ok "$ns: ICMP" trace "$ns" "$box" 60 -I
	t_ok "$ns: TCP to a port where nobody listens" trace "$ns" "$box" 60 -T -p 9
	t_ok "$ns: UDP of 1400 bytes" trace "$ns" "$box" 1400
done
t_ok "the errors were translated, none was dropped" t_json \
	'.statistics.drops | .icmp_no_session + .icmp_checksum == 0' show statistics
t_ok "all ports return" t_returned
t_end
