#!/usr/bin/env bash
# Everything that may be changed while running is changed by a reload, and does what it says:
# addresses, routes, limits, timers, ACLs, port modes, servers, pools, an instance with its
# sessions, members of a group and weights, backup timers, log hosts, the page of metrics.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_BACKUP=1 LAB_HA='preempt_time = 300;' LAB_MEMORY=512 LAB_SESSIONS=16384
LAB_TOP='log_hosts: ( { name = "c1"; address = "127.0.0.1"; port = 5514; format = "syslog"; } );'
LAB_NAT44='log: { hosts = [ "c1" ]; };'
t_up
conf=$LAB_RUN/cgnd.conf
for n in {3..63}; do echo "addr add 10.0.0.$n/24 dev wan"; done |
	ip -n "nsub$LAB_SUFFIX" -batch -
lab_spawn inet silence python3 "$TOP/tests/lab/silence.py" serve "$WEB4" 7000

# edit SED-SCRIPT: the configuration with that is put into effect.
edit() {
	sed "$1" "$conf" >"$LAB_RUN/next.conf"
	cmp -s "$conf" "$LAB_RUN/next.conf" && figure="nothing to change: $1" && return 1
	figure=$(lab_ctl reload "$LAB_RUN/next.conf" 2>&1) && figure=''
}
# ask PORT SOURCE…: from that port of each of them a UDP packet to the server; prints
# "SOURCE PUBLIC-ADDRESS:PORT" of those that were answered.
cat >"$LAB_RUN/ask.py" <<'PY'
import socket, sys, time
socks = []
for source in sys.argv[3:]:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, int(sys.argv[2])))
    s.settimeout(0.3)
    s.connect((sys.argv[1], 7000))
    socks.append((source, s))
for attempt in range(3):   # the first packet may wait for ARP
    for source, s in list(socks):
        try:
            s.send(b"1")
            print(source, s.recv(100).split()[1].decode())
            socks.remove((source, s))
        except OSError:
            pass
PY
ask() { in_ns nsub python3 "$LAB_RUN/ask.py" "$WEB4" "$@"; }
# seen PREFIX PORT SOURCE: it is answered, at an address that begins like that.
seen() { figure=$(ask "$2" "$3") && [[ $figure = "$3 $1"* ]]; }
unseen() { figure=$(ask "$1" "$2") && [ -z "$figure" ]; }
wait_for 10 seen 203.0.113. 5000 10.0.0.2 || true
t_must "a user" seen 203.0.113. 5000 10.0.0.2
first=$(ask 5000 10.0.0.2)
as_first() { figure=$(ask 5000 10.0.0.2) && [ "$figure" = "$first" ]; }

# ---- addresses and routes ----

ip -n "nsub$LAB_SUFFIX" route add 10.9.9.0/24 dev wan
ip -n "nsub$LAB_SUFFIX" addr add 172.31.0.1/32 dev lo
ip -n "inet$LAB_SUFFIX" route add 172.31.0.0/16 via "$BOX_OUT4"
pings() { m_ping "$@" -c 2 2>/dev/null; [[ $figure = "2 of 2"* ]]; }
deaf() { ! in_ns "$1" ping -n -q -c 2 -i 0.1 -W 0.3 "$2" >/dev/null; }
t_ok "an address more" edit 's|"10.0.0.1/24"|&, "10.9.9.1/24"|'
t_ok "answers" pings nsub 10.9.9.1
t_ok "and less" edit 's|, "10.9.9.1/24"||'
t_ok "is silent" deaf nsub 10.9.9.1
t_ok "a route more" edit "s|^routes: ( |&{ prefix = \"172.31.0.0/16\"; next_hop = \"$NSUB4\"; }, |"
t_ok "leads there" pings inet 172.31.0.1
t_ok "and less" edit 's|{ prefix = "172.31.0.0/16"[^}]*}, ||'
t_ok "does not" deaf inet 172.31.0.1

# ---- what instances allow ----

nat='/name = "nat1"/,$' # where its keys are
many() { # many N SOURCE PORT…: so many of its ports are answered
	local want=$1 source=$2 n=0 port
	shift 2
	for port in "$@"; do [ -z "$(ask "$port" "$source")" ] || n=$((n + 1)); done
	figure="$n sessions" && [ "$n" = "$want" ]
}
t_ok "a limit" edit "$nat s|log: {|limits: { sessions: { total = 2; }; }; &|"
t_ok "holds" many 2 10.0.0.3 5001 5002 5003
t_ok "no limit" edit 's|limits: { sessions: { total = 2; }; }; ||'
t_ok "there is none" many 1 10.0.0.3 5003
ttl() { # the last session's
	[ -n "$(ask "$1" 10.0.0.3)" ] && t_json ".sessions | map(select(.inside == \"10.0.0.3:$1\").ttl)[0] |
		. <= $2 and . > $2 - 10" show session inside=10.0.0.3
}
t_ok "a timer" edit "$nat s|log: {|timers: { udp = 77; }; &|"
t_ok "holds for a new session" ttl 5004 77
t_ok "an ACL" edit 's|permit = \[ "10.0.0.0/8" \];|& deny = [ "10.0.0.4/32" ];|'
t_ok "denies" unseen 5000 10.0.0.4
t_ok "no such ACL" edit 's| deny = \[ "10.0.0.4/32" \];||'
t_ok "permits" seen 203.0.113. 5000 10.0.0.4
t_ok "a port mode" edit "$nat s|mode = \"dynamic\"; size = [0-9]*|mode = \"static\"; size = 256|"
has_block() { # of the user $1 so many ports
	[ -n "$(ask 5000 "$1")" ] && t_json ".users[0].blocks | map(.[1] - .[0] + 1) | . == [$2]" \
		show user "inside=$1" role=active
}
t_ok "is a new user's" has_block 10.0.0.5 256
t_ok "others stay as they were" has_block 10.0.0.4 64
server='servers = ( { protocol = "udp"; outside = "203.0.113.70:7001"; inside = "10.0.0.2:7001"; } ); '
lab_spawn nsub served python3 "$TOP/tests/lab/silence.py" serve 10.0.0.2 7001
served() { in_ns inet python3 - <<-'PY'
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(1)
	s.sendto(b"1", ("203.0.113.70", 7001))
	s.recv(100)
	PY
}
t_ok "a server" edit "$nat s|log: {|$server&|"
t_ok "is reached" wait_for 3 served
t_ok "no server" edit "s|$server||"
not_served() { ! served 2>/dev/null; }
t_ok "is not" wait_for 5 not_served
t_ok "the first session is what it was" as_first

# ---- pools ----

t_ok "a pool is locked" edit 's|\(203.0.113.64/28" \];\)|\1 locked = true;|'
t_ok "no new user" unseen 5000 10.0.0.6
t_ok "those that are go on" as_first
t_ok "unlocked" edit 's| locked = true;||'
t_ok "a new user" seen 203.0.113. 5000 10.0.0.6
used=${first#* } used=${used%:*}
t_ok "the first user's address is excluded" edit "s|\(203.0.113.64/28\" \];\)|\1 exclude = [ \"$used\" ];|"
t_ok "its session goes on" as_first
elsewhere() { # new users are not there
	figure=$(ask 5000 10.0.0.{7..20} | awk '{ sub(":.*", "", $2); print $2 }' | sort | uniq -c)
	[ -n "$figure" ] && ! grep -qF "$used" <<<"$figure" && figure="$(wc -l <<<"$figure") others"
}
t_ok "new users are elsewhere" elsewhere
t_ok "the pool is another, and larger" edit 's|203.0.113.64/28|203.0.113.128/26|; s| exclude = \[ "'"$used"'" \];||'
t_ok "the first session goes on" as_first
t_ok "a new user is in the new one" seen 203.0.113.1 5000 10.0.0.21
lab_ctl clear user instance=nat1 >/dev/null
t_clock 130 # quarantine
drained() { t_json '[.address_groups[] | select(.name == "pool2").addresses[].address |
	select(startswith("203.0.113.6") or startswith("203.0.113.7"))] == []' show address-group; }
t_ok "the old addresses are gone when nobody has them" wait_for 5 drained

# ---- an instance comes and goes, with sessions ----

ip -n "nsub$LAB_SUFFIX" addr add 172.16.0.2/32 dev lo
pool3='{ name = "pool3"; id = 3; addresses = [ "203.0.113.96/28" ]; }, '
nat2='{ name = "nat2"; id = 3; service_instance_group = "group1"; inside: { ports = [ "inside4" ]; }; '
nat2+='outbound: ( { acl = "other"; address_group = "pool3"; } ); }, '
cp "$conf" "$LAB_RUN/without.conf"
t_ok "an instance with a pool" edit "s|^address_groups: ( |&$pool3|
	s|^acls: ( |&{ name = \"other\"; permit = [ \"172.16.0.0/12\" ]; }, |
	s|^routes: ( |&{ prefix = \"172.16.0.0/16\"; next_hop = \"$NSUB4\"; }, |
	/^nat_instances/,\$s|^  { name = \"nat1\"|  $nat2{ name = \"nat1\"|"
t_ok "translates" seen 203.0.113. 5000 172.16.0.2
first=$(ask 5000 10.0.0.2)
t_ok "both go" t_json '.reload.count == 4' reload "$LAB_RUN/without.conf"
without() { t_json '[.sessions[] | select(.instance == "nat2")] == []' show session; }
t_ok "its sessions end" wait_for 5 without
t_ok "with an event" wait_for 5 t_json \
	'any(.events[]; .reason | test("reload: [12] sessions ended"))' show log
t_ok "those of others do not" as_first

# ---- locations and weights ----

ask 5000 10.0.0.{3..63} >/dev/null
places() { lab_ctl --json show user instance=nat1 | jq -c '[.users[] | select(.outside) |
	{key: .inside, value: {location, outside}}] | from_entries'; }
before=$(places)
steady=$(jq -r '[to_entries[] | select(.value.location == 1).key][0]' <<<"$before")
ip netns exec "nsub$LAB_SUFFIX" python3 - "$steady" "$WEB4" "$LAB_RUN/stop" >"$LAB_RUN/flow" <<'PY' &
import os, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 5009))
s.connect((sys.argv[2], 7000))
s.settimeout(1)
sent = lost = 0
ends = set()
while not os.path.exists(sys.argv[3]):
    s.send(b"%d" % sent)
    sent += 1
    try:
        ends.add(s.recv(100).split()[1])
    except OSError:
        lost += 1
    time.sleep(0.002)
print(sent, lost, len(ends))
PY
flow=$!
members() { # members LIST: the group has these
	edit "s|service_locations = ( { id = 1; .*} );|service_locations = ( $1 );|"
}
in_location() { t_json "[.users[] | select(.instance == \"nat1\" and .outside).location] |
	unique == $1" show user; }
again() { ask 5000 10.0.0.{3..63} >/dev/null; }
moved() { # of the users before, how many have another location: between $1 and $2 of 100
	local n all
	all=$(jq length <<<"$before")
	n=$(jq --argjson now "$(places)" '[to_entries[] |
		select($now[.key].location != .value.location)] | length' <<<"$before")
	figure="$n of $all users"
	[ "$((n * 100))" -ge "$(($1 * all))" ] && [ "$((n * 100))" -le "$(($2 * all))" ]
}
untouched() { # users that were at location 1 have their address still
	figure=$(jq -r --argjson now "$(places)" '[to_entries[] | select(.value.location == 1)] |
		"\(map(select($now[.key] == .value)) | length) of \(length)"' <<<"$before")
	[ "${figure% of *}" = "${figure#* of }" ]
}
t_ok "a location leaves the group" members '{ id = 1; weight = 1; }'
t_ok "its users are at the other" wait_for 5 in_location '[1]'
again
t_ok "so many moved" moved 25 75
t_ok "the others are as they were" untouched
before=$(places)
t_ok "it comes back" members '{ id = 1; weight = 1; }, { id = 2; weight = 1; }'
wait_for 5 t_json '.boards | length == 2' show board
again
t_ok "its share of the users moves" moved 25 75
touch "$LAB_RUN/stop"
wait "$flow"
flawless() {
	read -r sent lost ends <"$LAB_RUN/flow"
	figure="$sent packets, $lost lost, seen at $ends address"
	[ "$lost" = 0 ] && [ "$ends" = 1 ] && [ "$sent" -gt 100 ]
}
t_ok "a user that did not move noticed nothing" flawless
before=$(places)
t_ok "weight 3 instead of 1" members '{ id = 1; weight = 1; }, { id = 2; weight = 3; }'
sleep 1
again
t_ok "a quarter moves" moved 8 45

# ---- backup timers ----

hosted() { t_json ".service_locations[] | select(.id == 2).current.slot == $1" show service-location; }
lab_ctl board shutdown 2 >/dev/null
t_ok "a board is shut down" wait_for 5 hosted 1
lab_ctl board start 2 >/dev/null
t_ok "it is back, and has to wait" hosted 1
t_ok "a shorter preempt_time" edit 's|preempt_time = 300|preempt_time = 1|'
t_ok "it has its location again" wait_for 10 hosted 2

# ---- log hosts, metrics ----

listen() { # listen PORT: the first datagram there goes to log/PORT
	lab_spawn cgn "$1" python3 -uc "import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', $1))
print(s.recv(2000).decode())"
}
heard() { grep -q nat1 "$LAB_RUN/log/$1"; }
listen 5514
listen 5515
sleep 0.3
lab_ctl clear user inside=10.0.0.30 >/dev/null
ask 5000 10.0.0.30 >/dev/null
t_ok "a log host hears of blocks" wait_for 5 heard 5514
t_ok "another port" edit 's|port = 5514|port = 5515|'
lab_ctl clear user inside=10.0.0.31 >/dev/null
ask 5000 10.0.0.31 >/dev/null
t_ok "it hears there" wait_for 5 heard 5515
scraped() { [[ $(in_ns cgn curl -fsS --max-time 3 "http://127.0.0.1:$1/metrics" 2>&1) = *cgn_* ]]; }
no_page() { ! in_ns cgn curl -fsS --max-time 3 "http://127.0.0.1:$1/metrics" >/dev/null 2>&1; }
t_ok "metrics" edit 's|^log_hosts|metrics: { address = "127.0.0.1"; port = 9451; };\n&|'
t_ok "are there" scraped 9451
t_ok "at another port" edit 's|9451|9452|'
t_ok "are there" scraped 9452
t_ok "and there alone" no_page 9451
in_ns cgn python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 9453)); s.listen(); print("", flush=True); time.sleep(20)' \
	>"$LAB_RUN/taken" &
taken=$!
wait_for 5 test -s "$LAB_RUN/taken"
sed 's|9452|9453|' "$conf" >"$LAB_RUN/taken.conf"
t_ok "at one that is taken: refused" t_exit 1 lab_ctl reload "$LAB_RUN/taken.conf"
kill "$taken" 2>/dev/null || true
t_ok "none" edit '/^metrics/d'
t_ok "there is none" no_page 9452
t_end
