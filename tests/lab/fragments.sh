#!/usr/bin/env bash
# Packets larger than any link: IPv4 fragments both ways, in softwires that fragment too.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_DEVICE=pcap LAB_B4=tun
t_up
t_must "NAT44: a whole packet" m_ping nsub "$WEB4" -s 1472 -M "do"
t_ok "NAT44: three fragments" m_ping nsub "$WEB4" -s 4000
t_ok "NAT44: seven fragments" m_ping nsub "$WEB4" -s 10000
t_must "DS-Lite: a whole packet" m_ping sub "$WEB4" -s 1472 -M "do"
t_ok "DS-Lite: three inner fragments" m_ping sub "$WEB4" -s 4000
t_ok "DS-Lite: seven inner fragments" m_ping sub "$WEB4" -s 10000
t_ok "NAT44: UDP in fragments, up" m_iperf nsub 1 5202 -u -b 20M -l 4000
t_ok "NAT44: UDP in fragments, down" m_iperf nsub 1 5202 -u -b 20M -l 4000 -R
t_ok "DS-Lite: UDP in fragments, up" m_iperf sub 1 5201 -u -b 20M -l 4000
t_ok "DS-Lite: UDP in fragments, down" m_iperf sub 1 5201 -u -b 20M -l 4000 -R
t_ok "all ports return" t_returned
t_end
