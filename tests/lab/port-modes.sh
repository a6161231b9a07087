#!/usr/bin/env bash
# Port modes with real traffic, an instance for each: the addresses and ports that a web
# server and a UDP server see are what the mode promises, and not one port more; and all
# commands that tell whose a port is agree with them.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=2 LAB_TUNNEL_MTU=1540
LAB_CONFIG=$(mktemp)
# instance NAME ID PORT_RANGE [LIMITS]: its users are 10.0.ID.0/24, its pool has its name.
instance() {
	cat <<CONF
  { name = "$1"; id = $2; service_instance_group = "group1"; inside: { ports = [ "inside4" ]; };
    outbound: ( { acl = "$1"; address_group = "$1"; } ); port_range: { $3 };
    limits: { ${4:-} }; }
CONF
}
{
	lab_conf | sed '/^nat_instances/,$d
		s|^routes: (|&{ prefix = "10.0.0.0/16"; next_hop = "'"$NSUB4"'"; },|
		s|remote_ipv6 = .*|remote_ipv6 = [ "'"$B4_NET"'::/61" ]; prefix_length = 64;|
		s|mode = "dynamic"; size = .*;|mode = "deterministic"; size = 500; };|
		s|^address_groups: (|&{ name = "det"; id = 11; addresses = [ "203.0.113.80/30" ]; },\
		{ name = "single"; id = 12; addresses = [ "203.0.113.96/31" ]; },\
		{ name = "static"; id = 13; addresses = [ "203.0.113.112/30" ]; },\
		{ name = "semi"; id = 14; addresses = [ "203.0.113.128/30" ]; },|
		s|^acls: (|&{ name = "det"; permit = [ "10.0.11.0/24" ]; },\
		{ name = "single"; permit = [ "10.0.12.0/24" ]; },\
		{ name = "static"; permit = [ "10.0.13.0/24" ]; },\
		{ name = "semi"; permit = [ "10.0.14.0/24" ]; },|'
	echo 'nat_instances: ('
	instance det 11 'mode = "deterministic"; size = 12;'
	echo ,
	instance single 12 'mode = "single";' 'users_per_address = 3;'
	echo ,
	instance static 13 'mode = "static"; size = 16;'
	echo ,
	instance semi 14 'mode = "semi-dynamic"; size = 8; extended_size = 4; extended_times = 2;'
	echo ');'
} >"$LAB_CONFIG"
t_up
rm -f "$LAB_CONFIG"
for n in 11.{7,8,9} 12.{1..9} 13.{1..3} 14.{1..3}; do
	ip -n "nsub$LAB_SUFFIX" addr add "10.0.$n/32" dev lo
done
lab_spawn inet answer "$TOP/tests/lab/silence.py" serve "$WEB4" 7000

# ask.py SERVER EXPECTED SOCKETS SOURCE…: a datagram from each of so many sockets of each
# source. When those that should have an answer have it, one more goes the same way, so
# that nothing can come late. Prints the public endpoints as JSON.
cat >"$LAB_RUN/ask.py" <<'PY'
import json, select, socket, sys, time
server, expected, n = (sys.argv[1], 7000), int(sys.argv[2]), int(sys.argv[3])
sockets, ends, last = [], {}, {}
def hear(until):
    while not until():
        for s in select.select(sockets, [], [], 5)[0]:
            what, end = s.recv(100).split()
            (ends if what == b"first" else last)[s] = end.decode().rsplit(":", 1)
            break
        else:
            return
for source in sys.argv[4:]:
    for i in range(n):
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind((source, 0))
        sockets[-1].sendto(b"first", server)
hear(lambda: len(ends) >= expected)
for s in list(ends):
    s.sendto(b"last", server)
hear(lambda: len(last) >= expected)
print(json.dumps({"ends": [[a, int(p)] for a, p in ends.values()],
                  "refused": len(sockets) - len(ends)}))
PY
answering() { in_ns inet ss -Hlnu 'sport = :7000' | grep -q .; }
t_must "the servers listen" wait_for 5 answering

# ask GRANTED SOCKETS SOURCE…: so many of the sockets get an answer; the endpoints are in $asked.
ask() {
	asked=$(in_ns nsub python3 "$LAB_RUN/ask.py" "$WEB4" "$@")
	figure=$(jq -r '"\(.ends | length) sockets, \(.refused) refused"' <<<"$asked")
	jq -e "(.ends | length) == $1 and (.ends | unique | length) == $1" <<<"$asked" >/dev/null
}
# user_of KEY=VALUE: the entry of a user.
user_of() { lab_ctl --json show user "$1" | jq -c '.users[0]'; }
# inside_blocks KEY=VALUE BLOCKS: the user has just these sizes of blocks, all that the world
# has seen of it is in them, and they are said to be its own.
inside_blocks() {
	figure=$(jq -nc --argjson u "$(user_of "$1")" --argjson a "$asked" '$u.blocks as $b |
		{ blocks: [$b[] | .[1] - .[0] + 1] | sort, outside: $u.outside, ranges: $b,
		  strangers: [$a.ends[] | select(.[1] as $p | .[0] != $u.outside or
			($b | any(.[0] <= $p and $p <= .[1]) | not))],
		  refused: $u.discards.ports }')
	jq -e ".blocks == $2 and .strangers == []" <<<"$figure" >/dev/null
}
# see NS SOURCE: the address and the port that the web server sees.
see() {
	read -r address port < <(in_ns "$1" curl -sS --max-time 5 --interface "$2" \
		"http://$WEB4/whoami") && figure="seen as $address:$port"
}
# had WHO: whose the address and port of the last page were, by the users' table.
had() {
	t_json ".who_had.users | length == 1 and
		(.[0].inside // .[0].softwire | startswith(\"$1\"))" who-had "$address:$port"
}

# has_one_block INSIDE SIZE: and the last page came from it.
has_one_block() {
	t_json ".users[0] | .outside == \"$address\" and (.blocks | length == 1) and
		(.blocks[0] | .[1] - .[0] + 1 == $2 and .[0] <= $port and $port <= .[1])" \
		show user "inside=$1"
}

# --- deterministic: user u has address u mod N, and a block from 1024 + size * (u / N) on

# computed WHO U BASE N SIZE: before the first packet the box says what the rule says.
computed() {
	first=$((1024 + $5 * ($2 / $4))) last=$((1024 + $5 * ($2 / $4) + $5 - 1))
	want=203.0.113.$(($3 + $2 % $4))
	figure="$want $first-$last"
	t_json ".deterministic.holders | length == 1 and (.[0] | .outside == \"$want\" and
		.ports == [$first, $last] and .number == $2)" show deterministic "inside=$1"
}
seen_as_computed() {
	see "$1" "$2" && [ "$address" = "$want" ] && [ "$port" -ge "$first" ] &&
		[ "$port" -le "$last" ]
}
computed_back() {
	t_json ".deterministic.holders | length == 1 and
		(.[0].inside // .[0].softwire) == \"$1\"" show deterministic "outside=$address:$port"
}
# deterministic NS SOURCE WHO KEY U BASE N SIZE
deterministic() {
	t_ok "deterministic, $3: computed" computed "$3" "${@:5}"
	t_ok "the web server sees it so" seen_as_computed "$1" "$2"
	t_ok "computed from outside" computed_back "$3"
	t_ok "who-had agrees" had "$3"
	t_ok "the user's table agrees" t_json \
		".users[0] | .outside == \"$want\" and .blocks == [[$first, $last]]" show user "$4=$3"
}
deterministic sub "$SUB_HOST4" "$B4_NET:1::" softwire 1 0 16 500
deterministic sub2 "$SUB_HOST4" "$B4_NET:2::" softwire 2 0 16 500
for u in 7 8 9; do
	deterministic nsub "10.0.11.$u" "10.0.11.$u" inside "$u" 80 4 12
	t_ok "all ports of its block, no other" ask 12 15 "10.0.11.$u"
	t_ok "they are in it" inside_blocks "inside=10.0.11.$u" '[12]'
done
t_ok "users of both boards" t_json '[.users[].slot] | unique == [1, 2]' show user instance=det

# --- static: one block; semi-dynamic: one, and two smaller ones

for n in 1 2 3; do
	t_ok "static, user $n" see nsub "10.0.13.$n"
	t_ok "who-had agrees" had "10.0.13.$n"
	t_ok "16 ports for UDP, and no more" ask 16 20 "10.0.13.$n"
	t_ok "one block" inside_blocks "inside=10.0.13.$n" '[16]'
	t_ok "semi-dynamic, user $n" see nsub "10.0.14.$n"
	t_ok "who-had agrees" had "10.0.14.$n"
	t_ok "in the first block" has_one_block "10.0.14.$n" 8
	t_ok "8 + 4 + 4 ports, and no more" ask 16 20 "10.0.14.$n"
	t_ok "three blocks" inside_blocks "inside=10.0.14.$n" '[4,4,8]'
done
# shellcheck disable=SC2016 # names of jq
apart() { t_json '[.users[] | .outside as $a | .blocks[] | range(.[0]; .[1] + 1) | [$a, .]]
	| length == (unique | length)' show user; }
t_ok "no port has two users" apart

# --- single: a port for each mapping, anywhere; three users for each of the two addresses

t_ok "single, a user" see nsub 10.0.12.1
asks_alone() {
	t_json ".who_had.sessions | length == 1 and (.[0].inside | startswith(\"10.0.12.1:\"))" \
		who-had "$address:$port"
}
t_ok "who-had agrees" asks_alone
t_ok "as many ports as it likes" ask 200 200 10.0.12.1
spread() {
	figure=$(jq -r '[.ends[][1]] | "\(min) to \(max)"' <<<"$asked")
	jq -e --argjson u "$(user_of inside=10.0.12.1)" '$u.blocks == [] and
		$u.ports == 201 and all(.ends[]; .[0] == $u.outside) and
		([.ends[][1] / 2048 | floor] | unique | length) > 16' <<<"$asked" >/dev/null
}
t_ok "all of one address, from everywhere in it" spread
# The locations of the users are what they are: three have the address of the one, three that
# of the other, and nobody else has any.
t_ok "three users for an address, and no more" ask 5 1 10.0.12.{2..9}
t_ok "three have the one, three the other" t_json '[.users[] | .outside] | sort ==
	(["203.0.113.96", "203.0.113.97"] | map(., ., .))' show user instance=single
t_ok "the rest is refused by name" t_json '.statistics.drops.no_address == 3' show statistics

t_ok "all sessions end" eval 't_clock 7441 && wait_for 10 t_no_sessions'
t_ok "UDP ports of no block rest for up to four minutes" t_clock 121
t_ok "all ports return" t_returned
t_end
