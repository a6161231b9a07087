#!/usr/bin/env bash
# A B4 on a link of 1500 bytes: the softwire fragments, so both ends have to reassemble;
# it sends the tunnel encapsulation limit, and reports the outer header it is sent.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_B4=tun LAB_TUNNEL_MTU=1500 LAB_ENCAP_LIMIT=4
t_up
t_must "ping with the option in front" m_ping sub "$WEB4"
t_ok "1500 bytes, in two outer fragments" m_ping sub "$WEB4" -s 1472 -M "do"
head -c 10000000 /dev/urandom >"$LAB_RUN/www/file"
t_ok "download" m_download sub file "$(sha256sum <"$LAB_RUN/www/file")"
t_ok "iperf3 up" m_iperf sub 1 5201
t_ok "iperf3 down" m_iperf sub 1 5201 -R
t_ok "ping with a traffic class" m_ping sub "$WEB4" -Q 0x48

tally() {
	ip netns pids "sub$LAB_SUFFIX" | xargs -r kill
	wait_for 5 grep -q '^up' "$LAB_RUN/log/b4-sub-1"
	figure=$(grep '^up' "$LAB_RUN/log/b4-sub-1")
	# The echo replies came back with the class they had, and from encap_hop_limit.
	[[ $figure = *"hop-limit 64 traffic-class 72" ]]
}
t_ok "outer header towards the B4" tally
t_ok "all ports return" t_returned
t_end
