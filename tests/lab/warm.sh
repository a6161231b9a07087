#!/usr/bin/env bash
# Warm backup: when a board crashes its users keep public address and blocks on the other
# one. Sessions are not copied: a UDP socket gets one again with its next packet, in the
# user's blocks, a TCP user with its next connection; what belongs to an old one is dropped
# by name.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_BACKUP=1
LAB_HA='hot_backup = false; preempt_time = 300; detect_ms = 1000;'
subs=(sub sub2 sub3 sub4)

complete() {
	t_json '[.service_locations[] | .batch_backup == "finished" and
		.standby_users == .users and .standby_sessions == 0] | all' show service-location
}
on() { t_json ".service_locations[0].current.slot == $1" show service-location 1; }
# users: who has which address and blocks.
users() {
	lab_ctl --json show user role=active | jq -c '.users[] |
		[.softwire, .inside, .outside, (.blocks | sort)]' | sort
}
drops() { lab_ctl --json show statistics | jq '.statistics.drops.tcp_no_syn'; }

t_up
# client.py SERVER OUT: a UDP socket and a TCP connection. Says in OUT what public endpoint
# the server sees of the UDP socket; when OUT.go is there, asks once more by the same
# socket, and by the same connection, which nobody must answer.
cat >"$LAB_RUN/client.py" <<'PY'
import json, os, socket, sys, time
server, out = sys.argv[1:3]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect((server, 7000))
udp.settimeout(0.5)
def ask():
    for _ in range(20):
        try:
            udp.send(b"?")
            return udp.recv(100).split()[1].decode()
        except OSError:
            pass
def tell(what):
    with open(out + ".tmp", "w") as f:
        json.dump(what, f)
    os.rename(out + ".tmp", out)
tcp = socket.create_connection((server, 80), timeout=5)
tell({"before": ask()})
before = json.load(open(out))["before"]
while not os.path.exists(out + ".go"):
    time.sleep(0.05)
after = ask()
tcp.settimeout(1)
try:
    tcp.send(b"GET /whoami HTTP/1.0\r\n\r\n")
    old = tcp.recv(100).decode()
except OSError:
    old = None
tell({"before": before, "after": after, "old": old})
PY
lab_spawn inet answer "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
for n in "${subs[@]}"; do
	t_must "$n: ping" m_ping "$n" "$WEB4"
	lab_spawn "$n" "client-$n" python3 "$LAB_RUN/client.py" "$WEB4" "$LAB_RUN/$n.json"
done
said() {
	local n
	for n in "${subs[@]}"; do
		jq -e "has(\"$1\")" "$LAB_RUN/$n.json" || return 1
	done
}
t_must "UDP and TCP by all subscribers" wait_for 10 said before
t_ok "a NAT44 user" m_whoami nsub 203.0.113.
t_must "users are at the standbys, sessions are not" wait_for 15 complete
before=$(users)
same_users() {
	figure="$(grep -c . <<<"$before") users"
	[ "$(users)" = "$before" ]
}
t_ok "board 1 crashes" eval 'lab_ctl debug crash 1 >/dev/null'
t_ok "board 2 has its location" wait_for 15 on 2
t_ok "with all users, their addresses and blocks" same_users
t_ok "without sessions" t_json '.service_locations[0] | .sessions == 0 and .users > 0' \
	show service-location 1
dropped=$(drops)
for n in "${subs[@]}"; do touch "$LAB_RUN/$n.json.go"; done
t_ok "UDP goes on by the next packet" wait_for 15 said after
# The subscribers of the board that crashed: their old connections are silent.
lost=$(lab_ctl --json show user location=1 role=active |
	jq -r '[.users[] | select(.softwire) | .softwire | split(":")[3]] | join(" ")')
t_ok "there are such subscribers" [ -n "$lost" ]
for n in $lost; do
	sub=sub${n#1}
	# the endpoint is in a block of the user
	block_of() {
		IFS=: read -r address port < <(jq -r .after "$LAB_RUN/$sub.json")
		t_json ".users | length == 1 and (.[0] | .outside == \"$address\" and
			any(.blocks[]; .[0] <= $port and $port <= .[1]))" \
			show user role=active "softwire=$B4_NET:$n::1" &&
			figure="$(jq -r .before "$LAB_RUN/$sub.json") before, $address:$port after"
	}
	same_address() {
		[ "$(jq -r '.before | split(":")[0]' "$LAB_RUN/$sub.json")" = \
			"$(jq -r '.after | split(":")[0]' "$LAB_RUN/$sub.json")" ]
	}
	t_ok "$sub: the UDP socket is in a block of the user" block_of
	t_ok "$sub: at the same public address" same_address
	t_ok "$sub: the old TCP connection is silent" \
		[ "$(jq .old "$LAB_RUN/$sub.json")" = null ]
	t_ok "$sub: a new one is set up" m_whoami "$sub" 203.0.113.
	t_ok "$sub: at the same public address" \
		[ "$(awk '{ print $3 }' <<<"$figure")" = "$(jq -r '.after | split(":")[0]' \
			"$LAB_RUN/$sub.json")" ]
done
t_ok "packets of old connections have a counter" [ "$(drops)" -gt "$dropped" ]
t_ok "nobody has got other addresses or blocks" same_users
t_end
