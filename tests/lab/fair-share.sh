#!/usr/bin/env bash
# Users at one public address, of each way of access a greedy one and a modest one. The
# greedy take all the ports and sessions that they may have, and go on asking; the modest do
# not notice: every connection that they try is set up, as before.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_SUBS=2 LAB_TUNNEL_MTU=1540
LAB_POLICY="limits: { sessions: { total = 1000; }; ports: { tcp = 400; udp = 400; }; };"
LAB_CONFIG=$(mktemp)
lab_conf | sed 's|"203.0.113.0/28"|"203.0.113.1"|; s|"203.0.113.64/28"|"203.0.113.65"|' \
	>"$LAB_CONFIG"
t_up
rm -f "$LAB_CONFIG"
ip -n "nsub$LAB_SUFFIX" addr add 10.0.0.3/24 dev wan
lab_spawn inet echo python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind((sys.argv[1], 7))
while True: s.sendto(*s.recvfrom(100))' "$WEB4"
wait_for 5 in_ns inet sh -c 'ss -Hlnu sport = :7 | grep -q .'

# modest.py SOURCE SERVER N: N UDP questions and N TCP connections, each by a new socket.
cat >"$LAB_RUN/modest.py" <<'PY'
import socket, sys, time
source, server, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
took, good = [], {"UDP": 0, "TCP": 0}
for i in range(2 * n):
    tcp = i % 2
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    s.settimeout(0.9)   # less than the kernel waits before it asks again
    s.bind((source, 0))
    begin = time.monotonic()
    try:
        s.connect((server, 80 if tcp else 7))
        if not tcp:
            s.send(b"?")
            s.recv(10)
        good["TCP" if tcp else "UDP"] += 1
        took.append(time.monotonic() - begin)
    except OSError:
        pass
    s.close()
took.sort()
print(f"{good['UDP']} UDP and {good['TCP']} TCP of {n} each, median "
      f"{took[len(took) // 2] * 1e3:.2f} ms, 99 % in {took[len(took) * 99 // 100] * 1e3:.1f} ms")
sys.exit(good != {"UDP": n, "TCP": n})
PY
# greedy.py SOURCE SERVER: many sockets, and one to many ports, over and over. Tells by
# its exit status on SIGTERM whether its first session works still.
cat >"$LAB_RUN/greedy.py" <<'PY'
import resource, signal, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
source, server = sys.argv[1:3]
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    return s
def send(s, port):
    try:
        s.sendto(b"x", (server, port))
    except OSError:     # an ICMP error about an earlier one
        pass
first = udp()
first.settimeout(0.5)
def end(*_):
    for _ in range(3):  # the echo server has much to do
        send(first, 7)
        try:
            first.recv(10)
            sys.exit(0)
        except OSError:
            pass
    sys.exit(1)
signal.signal(signal.SIGTERM, end)
send(first, 7)
first.recv(10)
fan, many = udp(), [udp() for _ in range(2000)]
while True:
    for i, s in enumerate(many):
        send(s, 7)
        send(fan, 10000 + i)
        if i % 20 == 0:
            time.sleep(0.002)
PY
modest() { figure=$(in_ns "$1" python3 "$LAB_RUN/modest.py" "$2" "$WEB4" "$3"); }
greedy=()
greed() {
	ip netns exec "$1$LAB_SUFFIX" python3 "$LAB_RUN/greedy.py" "$2" "$WEB4" &
	greedy+=("$!")
}
# exhausted INSTANCE ADDRESS KEY: the greedy user is refused things, and nobody else is.
refusals() {
	lab_ctl --json show user instance="$1" | jq -c "[.users[] | {
		who: (.inside // .softwire), sessions: .discards.sessions, ports: .discards.ports}]"
}
exhausted() {
	figure=$(refusals "$1")
	jq -e "length == 2 and all(if .who == \"$2\" then .sessions > 0 and .ports > 0
		else .sessions + .ports == 0 end)" <<<"$figure" >/dev/null
}

t_must "DS-Lite, modest, alone" modest sub2 "$SUB_HOST4" 100
t_must "NAT44, modest, alone" modest nsub 10.0.0.3 100
greed sub "$SUB_HOST4"
greed nsub "$NSUB4"
t_ok "DS-Lite: only the greedy one is refused" wait_for 10 exhausted ds1 "$B4_NET:1::1"
t_ok "NAT44: only the greedy one is refused" wait_for 10 exhausted nat1 "$NSUB4"
t_ok "DS-Lite, modest, beside the greedy" modest sub2 "$SUB_HOST4" 150
t_ok "NAT44, modest, beside the greedy" modest nsub 10.0.0.3 150
t_ok "DS-Lite: still only the greedy one" exhausted ds1 "$B4_NET:1::1"
t_ok "NAT44: still only the greedy one" exhausted nat1 "$NSUB4"
t_ok "all of each way have one public address" t_json \
	'[.users[].outside] | length == 4 and (unique | length) == 2' show user
within() { t_json 'all(.users[]; .sessions <= 1000 and .ports <= 800)' show user; }
t_ok "nobody has more than the limits" within
for i in 0 1; do
	kill -TERM "${greedy[i]}"
	t_ok "greedy user $((i + 1)): its first session lives" wait "${greedy[i]}"
done
t_ok "all ports return" t_returned
t_end
