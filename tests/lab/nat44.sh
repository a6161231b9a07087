#!/usr/bin/env bash
# A subscriber with a private IPv4 address of its own uses the Internet through NAT44.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_up
t_ok "the box answers on its inside address" m_ping nsub "$BOX_IN4"
t_must "ping through the NAT" m_ping nsub "$WEB4"
t_ok "1500 bytes pass whole" m_ping nsub "$WEB4" -s 1472 -M "do"
t_ok "4000 bytes pass in fragments" m_ping nsub "$WEB4" -s 4000
t_ok "15000 bytes pass in fragments" m_ping nsub "$WEB4" -s 15000
t_ok "name over UDP" m_dns nsub
t_ok "the world sees a pool address" m_whoami nsub 203.0.113.

ttl_exceeded() {
	figure=$({ in_ns nsub ping -n -c 1 -W 2 -t 1 "$WEB4" || true; } 2>&1 |
		grep -i exceeded)
}
t_ok "TTL 1 ends at the box" ttl_exceeded

head -c 30000000 /dev/urandom >"$LAB_RUN/www/file"
sum=$(sha256sum <"$LAB_RUN/www/file")
t_ok "download" m_download nsub file "$sum"
t_ok "iperf3 up" m_iperf nsub 2 5201
t_ok "iperf3 down" m_iperf nsub 2 5201 -R
t_ok "iperf3 UDP up, 1400 bytes" m_iperf nsub 1 5201 -u -b 20M -l 1400

# A mapping is open to everyone (endpoint-independent filtering): a second server may
# answer on it, from another address and port. One socket asks both.
open_to_all() {
	figure=$(in_ns nsub timeout 5 python3 - "$WEB4" "$INET4" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.sendto(b"hello", (sys.argv[1], 7777))
data, peer = s.recvfrom(100)
print(f"{peer[0]} answered what {sys.argv[1]} was asked")
sys.exit(peer[0] != sys.argv[2])
PY
	)
}
lab_spawn inet echo python3 -c '
import socket, sys
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind((sys.argv[1], 7777))
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.bind((sys.argv[2], 8888))
while True: b.sendto(*a.recvfrom(100))' "$WEB4" "$INET4"
wait_for 5 in_ns inet sh -c 'ss -Hlnu sport = :8888 | grep -q 8888'
t_ok "a stranger may answer on a mapping" open_to_all

t_ok "the sessions are the subscriber's" t_json \
	'[.sessions[] | select(.instance == "nat1" and .proto == "tcp")] | length > 0
	 and all(.softwire == null)
	 and all(.inside | startswith("10.0.0.2:"))
	 and all(.outside | startswith("203.0.113."))' show session
t_ok "one user" t_json '[.users[] | select(.instance == "nat1")] | length == 1' show user

no_tcp_sessions() { t_json '[.sessions[] | select(.proto == "tcp")] == []' show session; }
t_ok "sessions can be cleared" lab_ctl clear session proto=tcp
t_ok "and are gone" wait_for 5 no_tcp_sessions
t_ok "and the next download goes through" m_download nsub file "$sum"
t_ok "all ports return" t_returned
t_end
