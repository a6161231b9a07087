#!/usr/bin/env bash
# A subscriber with a real B4 and a private address uses the Internet through a softwire.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_up
t_ok "the box answers on its inside address" m_ping sub "$BOX_IN6"
t_ok "the box answers on its outside address" m_ping inet "$BOX_OUT4"
t_ok "the AFTR address answers" m_ping sub "$AFTR6"
t_ok "native IPv6 is forwarded" m_ping sub "$INET6"
t_must "ping through the softwire" m_ping sub "$WEB4"
t_ok "1500 bytes pass whole" m_ping sub "$WEB4" -s 1472 -M "do"
t_ok "4000 bytes pass in fragments" m_ping sub "$WEB4" -s 4000
t_ok "15000 bytes pass in fragments" m_ping sub "$WEB4" -s 15000
t_ok "name over UDP" m_dns sub
t_ok "the world sees a pool address" m_whoami sub 203.0.113.

ttl_exceeded() {
	figure=$({ in_ns sub ping -n -c 1 -W 2 -t 1 "$WEB4" || true; } 2>&1 |
		grep -i exceeded)
}
t_ok "TTL 1 ends at the box" ttl_exceeded

head -c 30000000 /dev/urandom >"$LAB_RUN/www/file"
sum=$(sha256sum <"$LAB_RUN/www/file")
t_ok "download" m_download sub file "$sum"
t_ok "iperf3 up" m_iperf sub 2 5201
t_ok "iperf3 down" m_iperf sub 2 5201 -R
t_ok "iperf3 UDP down, 1400 bytes" m_iperf sub 1 5201 -R -u -b 20M -l 1400

unsolicited() { ! m_ping inet 203.0.113.1; }
t_ok "nothing enters without a mapping" unsolicited

t_ok "the sessions are the subscriber's" t_json \
	'[.sessions[] | select(.instance == "ds1" and .proto == "tcp"
	   and .softwire == "2001:db8:100:1::1")] | length > 0
	 and all(.inside | startswith("192.168.1.10:"))
	 and all(.outside | startswith("203.0.113."))' show session
t_ok "one user" t_json '[.users[] | select(.instance == "ds1")] | length == 1' show user
t_ok "the way in was refused and counted" t_json \
	'[.statistics.drops[]] | add > 0' show statistics
t_ok "all ports return" t_returned
t_end
