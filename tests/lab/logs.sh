#!/usr/bin/env bash
# What the box logs, as real collectors understand it: pmacct and ipfixDump read IPFIX,
# nfdump NetFlow v9, rsyslog syslog. A host that is dead costs records, and no packet.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

for program in nfacctd ipfixDump nfcapd nfdump rsyslogd; do
	command -v "$program" >/dev/null || {
		say "skipped: no $program; scripts/setup lab"
		exit 77
	}
done

COLLECTOR=10.255.255.9
hosts='"pmacct", "dump", "nfdump", "rsyslog", "dead", "nowhere"'
LAB_TUNNEL_MTU=1540
LAB_DS_LITE="log: { hosts = [ $hosts ]; events = \"all\"; };"
LAB_NAT44="log: { hosts = [ $hosts ]; };"
conf=$(mktemp)
{
	lab_conf
	cat <<CONF
log_hosts: ( { name = "pmacct"; address = "$COLLECTOR"; format = "ipfix"; },
  { name = "dump"; address = "$COLLECTOR"; port = 4740; format = "ipfix"; },
  { name = "nfdump"; address = "$COLLECTOR"; format = "netflow9"; },
  { name = "rsyslog"; address = "$COLLECTOR"; format = "syslog"; },
  { name = "dead"; address = "$COLLECTOR"; port = 9999; format = "syslog"; },
  { name = "nowhere"; address = "10.254.254.1"; format = "ipfix"; } );
CONF
} >"$conf"
LAB_CONFIG=$conf
trap 't_clean; rm -f "$conf"' EXIT
t_up
work=$LAB_RUN/log

# The management network: a wire from the daemon's namespace to the collectors.
lab_ns_add logs
lab_link cgn mgmt logs mgmt 1500
ip -n "cgn$LAB_SUFFIX" addr add 10.255.255.1/24 dev mgmt
ip -n "logs$LAB_SUFFIX" addr add "$COLLECTOR/24" dev mgmt

# --- collectors

cat >"$work/primitives" <<'END'
name=range_start field_type=361 len=2 semantics=u_int
name=range_end field_type=362 len=2 semantics=u_int
END
echo 'set_tag=1 ip=0.0.0.0/0 sample_type=event' >"$work/tags"
cat >"$work/nfacctd.conf" <<END
daemonize: false
nfacctd_ip: $COLLECTOR
nfacctd_port: 4739
pre_tag_map: $work/tags
aggregate_primitives: $work/primitives
plugins: print
aggregate: nat_event, src_host, post_nat_src_host, range_start, range_end
print_output: json
print_output_file: $work/pmacct.json
print_output_file_append: true
print_refresh_time: 1
END
cat >"$work/rsyslog.conf" <<END
global(workDirectory="$work")
module(load="imudp")
input(type="imudp" address="$COLLECTOR" port="514")
template(name="all" type="string" string="%timestamp:::date-rfc3339% %hostname% %app-name% %msgid% %structured-data% %msg%\n")
action(type="omfile" file="$work/syslog.txt" template="all")
END
mkdir "$work/flows"
lab_spawn logs nfacctd nfacctd -f "$work/nfacctd.conf"
lab_spawn logs nfcapd nfcapd -b "$COLLECTOR" -p 2055 -w "$work/flows" -t 2
lab_spawn logs rsyslogd rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid"
# ipfixDump reads a file: the messages, one behind the other.
lab_spawn logs dump python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 4740))
with open(sys.argv[2], "ab", buffering=0) as f:
    while True: f.write(s.recv(2000))' "$COLLECTOR" "$work/ipfix"
listening() {
	local port
	for port in 514 2055 4739 4740; do
		in_ns logs ss -Hlnu "sport = :$port" | grep -q . || return 1
	done
}
t_must "the collectors listen" wait_for 20 listening

# --- traffic

t_must "a softwire subscriber's page" m_whoami sub 203.0.113.
t_must "a NAT44 subscriber's page" m_whoami nsub 203.0.113.
users=$(lab_ctl --json show user)
outside() { jq -r --arg i "$1" '.users[] | select(.instance == $i) | .outside' <<<"$users"; }
first() { jq -r --arg i "$1" '.users[] | select(.instance == $i) | .blocks[0][0]' <<<"$users"; }
ds_out=$(outside ds1) ds_first=$(first ds1) ds_last=$((ds_first + 63))
nat_out=$(outside nat1) nat_first=$(first nat1) nat_last=$((nat_first + 63))
B4=2001:db8:100:1::1 B4_LONG=2001:0db8:0100:0001::0001

t_ok "who had the port, and since when" t_json ".who_had | (.users | length) == 1 and
	(.users[0] | .softwire == \"$B4\" and .block == [$ds_first, $ds_last]
	 and .had_it_then == false)" who-had "$ds_out:$ds_last" at 2020-01-01T00:00:00Z
t_ok "and that it had it a moment ago" t_json '.who_had.users[0].had_it_then' \
	who-had "$ds_out:$ds_last" at "$(date -u +%FT%T.%3NZ)"
lab_ctl clear user instance=ds1 >/dev/null
lab_ctl clear user instance=nat1 >/dev/null

# --- what they understood

# has_line FILE PATTERN…: a line with all of the patterns; t_seen waits for it.
has_line() {
	local file=$1 lines pattern
	shift
	lines=$(cat "$file" 2>/dev/null)
	for pattern in "$@"; do lines=$(grep -E -- "$pattern" <<<"$lines") || return 1; done
	figure=${lines%%$'\n'*}
	figure=${figure:0:160}
}
t_seen() { wait_for 10 has_line "$@"; }

t_ok "syslog: block of a softwire" t_seen "$work/syslog.txt" '^[0-9-]+T[0-9:]+\.[0-9]{3}Z ' \
	" lab-$LAB_NAME cgnd block-assign " "softwire=\"$B4\"" \
	"outside=\"$ds_out\"" "ports=\"$ds_first-$ds_last\""
t_ok "syslog: and its end" t_seen "$work/syslog.txt" block-release \
	"ports=\"$ds_first-$ds_last\""
t_ok "syslog: block of an inside address" t_seen "$work/syslog.txt" block-assign \
	"inside=\"$NSUB4\"" "outside=\"$nat_out\"" "ports=\"$nat_first-$nat_last\""
t_ok "syslog: sessions on request" t_seen "$work/syslog.txt" session-create \
	"softwire=\"$B4\"" "inside=\"$SUB_HOST4:" 'proto="6"'
no_destination() { ! grep -q 'remote=' "$work/syslog.txt"; }
t_ok "syslog: no destinations unasked" no_destination
no_nat_session() { ! grep session- "$work/syslog.txt" | grep -q nat1; }
t_ok "syslog: no sessions unasked" no_nat_session

t_ok "pmacct: block of a softwire" t_seen "$work/pmacct.json" '"nat_event": 16\b' \
	"\"ip_src\": \"$B4\"" "\"post_nat_ip_src\": \"$ds_out\"" \
	"\"range_start\": \"?$ds_first\b" "\"range_end\": \"?$ds_last\b"
t_ok "pmacct: and its end" t_seen "$work/pmacct.json" '"nat_event": 17\b' \
	"\"range_start\": \"?$ds_first\b"
t_ok "pmacct: block of an inside address" t_seen "$work/pmacct.json" '"nat_event": 16\b' \
	"\"ip_src\": \"$NSUB4\"" "\"range_end\": \"?$nat_last\b"

dumped() {
	ipfixDump -i "$work/ipfix" -d 2>"$work/ipfixdump.err" |
		awk '/^ *--- data record/ { print line; line = "" }
			{ gsub(/[ \t]+/, " "); line = line $0 } END { print line }' >"$work/ipfix.txt"
	has_line "$work/ipfix.txt" "$@"
}
t_ok "ipfixDump: block of a softwire" wait_for 10 dumped 'natEvent : 16\b' "$B4_LONG\b" \
	"postNATSourceIPv4Address : $ds_out\b" "portRangeStart : $ds_first\b" \
	"portRangeEnd : $ds_last\b"
t_ok "ipfixDump: session of a softwire" dumped 'natEvent : 4\b' "$B4_LONG\b" \
	"postNATSourceIPv4Address : $ds_out\b" 'protocolIdentifier : 6\b'
nothing_wrong() { figure=$(head -n 1 "$work/ipfixdump.err") && [ -z "$figure" ]; }
t_ok "ipfixDump: no complaint" nothing_wrong

flows() {
	nfdump -R "$work/flows" -o raw 2>/dev/null | awk '/^Flow Record/ { print line; line = "" }
		{ gsub(/[ \t]+/, " "); line = line $0 } END { print line }' >"$work/flows.txt"
	has_line "$work/flows.txt" "$@"
}
t_ok "nfdump: block of a softwire" wait_for 15 flows "src addr = $B4\b" "src xlt ip = $ds_out\b" \
	"nat event = 16:" "pblock start = $ds_first\b" "pblock end = $ds_last\b"
t_ok "nfdump: block of an inside address" wait_for 10 flows "src addr = $NSUB4\b" \
	"src xlt ip = $nat_out\b" "nat event = 17:" "pblock start = $nat_first\b"

# --- dead hosts

host() { t_json ".statistics.log_hosts[] | select(.name == \"$1\") | $2" show statistics; }
for name in pmacct dump nfdump rsyslog; do
	t_ok "$name has had all" host "$name" '.sent > 0 and .lost == 0 and .state == "up"'
done
t_ok "a refusal is seen and counted" wait_for 5 host dead '.lost > 0 and .state == "refused"'
t_ok "no route is seen" host nowhere '.state == "unreachable"'
head -c 10000000 /dev/urandom >"$LAB_RUN/www/file"
t_ok "traffic goes on" m_download sub file "$(sha256sum <"$LAB_RUN/www/file")"
many() {
	in_ns sub python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(800):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"x", (sys.argv[1], 7))' "$WEB4"
}
t_ok "as do many new sessions" many
t_ok "the queue of a dead host is bounded" wait_for 5 host dead \
	'.messages_waiting <= 512 and .lost > 100'
t_ok "the others lose nothing" host rsyslog '.lost == 0'
t_ok "ping beside it" m_ping sub "$WEB4"

# It comes to life: it is told what it has missed, then what waited.
lab_spawn logs revived python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 9999))
while True: print(s.recv(2000).decode(), flush=True)' "$COLLECTOR"
t_ok "a host that comes back is told its loss" wait_for 10 has_line "$work/revived" \
	'lost \[lost@32473 records="[0-9]+" total="[0-9]+"\] lost [0-9]+ records'
t_ok "and is up" wait_for 5 host dead '.state == "up" and .messages_waiting == 0'
t_ok "all ports return" t_returned
t_end
