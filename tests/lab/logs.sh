#!/usr/bin/env bash
# What the box logs, as real collectors understand it: pmacct and ipfixDump read IPFIX,
# nfdump NetFlow v9, rsyslog syslog: blocks and sessions, quotas that are exceeded and
# thresholds that are crossed. A host that is dead costs records, and no packet.
# Under sanitizers too.
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
LAB_NAT44="log: { hosts = [ $hosts ]; }; limits: { sessions: { total = 20; };
	ports: { udp = 10; }; };"
# Small enough to be filled: 16 users, 1024 sessions; NAT44 has 20 blocks of 6144 ports.
LAB_SESSIONS=1024
LAB_TOP='thresholds: { high = 70; low = 50; };'
conf=$(mktemp)
{
	lab_conf | sed 's/users = 8192/users = 16/; s|203.0.113.64/28|203.0.113.64/31|
		/^nat_instances/,$s/"dynamic"; size = 64/"static"; size = 6144/'
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
name=quota field_type=466 len=4 semantics=u_int
name=threshold field_type=467 len=4 semantics=u_int
name=per_user field_type=473 len=4 semantics=u_int
name=max_sessions field_type=471 len=4 semantics=u_int
name=max_users field_type=474 len=4 semantics=u_int
name=pool field_type=283 len=4 semantics=u_int
name=pool_high field_type=476 len=4 semantics=u_int
name=pool_low field_type=477 len=4 semantics=u_int
name=slot field_type=141 len=4 semantics=u_int
name=sessions_high field_type=478 len=4 semantics=u_int
name=users_high field_type=481 len=4 semantics=u_int
END
echo 'set_tag=1 ip=0.0.0.0/0 sample_type=event' >"$work/tags"
cat >"$work/nfacctd.conf" <<END
daemonize: false
nfacctd_ip: $COLLECTOR
nfacctd_port: 4739
pre_tag_map: $work/tags
aggregate_primitives: $work/primitives
plugins: print
aggregate: nat_event, src_host, post_nat_src_host, range_start, range_end, quota, threshold, per_user, max_sessions, max_users, pool, pool_high, pool_low, slot, sessions_high, users_high
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
nat_out=$(outside nat1) nat_first=$(first nat1) nat_last=$((nat_first + 6143))
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

# --- what is refused, and what fills up

# udp SOCKETS REMOTES SOURCE…: from each, questions of so many sockets to so many ports.
udp() {
	in_ns nsub python3 -c '
import socket, sys
for source in sys.argv[4:]:
    for i in range(int(sys.argv[2])):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((source, 0))
        for port in range(int(sys.argv[3])):
            try: s.sendto(b"x", (sys.argv[1], 10000 + port))
            except OSError: pass  # an ICMP error about an earlier one' "$WEB4" "$@"
}
users_are() { t_json ".boards[0].users == $1" show board; }
for n in {3..17}; do ip -n "nsub$LAB_SUFFIX" addr add "10.0.0.$n/24" dev wan; done
t_ok "a user wants more than its ports" udp 12 1 "$NSUB4"
t_ok "one wants more than its sessions" udp 1 25 10.0.0.3
t_ok "others take nearly all blocks" udp 1 1 10.0.0.{4..16}
t_must "there are as many users as may be" wait_for 5 users_are 16
t_ok "one user more" udp 1 1 10.0.0.17
t_ok "and more sessions than may be" many

# told MSGID PARAMETERS…: syslog has just these behind the message's name.
told() {
	local name=$1
	shift
	t_ok "syslog: $name" t_seen "$work/syslog.txt" " cgnd $name \[nat@32473 $*\] *\$"
}
told quota-ports 'instance="nat1" inside="10.0.0.2" vpn="" outside="203.0.113.6[45]"' \
	'proto="17" limit="10"'
told quota-sessions 'instance="nat1" inside="10.0.0.3" vpn="" outside="203.0.113.6[45]"' \
	'proto="17" limit="20"'
told licence-users 'instance="nat1" vpn="" proto="17" limit="16"'
told licence-sessions "instance=\"ds1\" softwire=\"$B4\" vpn=\"\" outside=\"[0-9.]+\"" \
	'proto="17" limit="1024"'
told threshold-users-high 'slot="1" cpu="0" used="1[2-6]" capacity="16" threshold="70%"'
told threshold-sessions-high \
	'slot="1" cpu="0" used="[0-9]{3,4}" capacity="1024" threshold="70%"'
told threshold-pool-high 'pool="pool2" used="9[0-9]{4}" capacity="129024" threshold="70%"'

# exported EVENT NAME VALUE…: IPFIX as ipfixDump has it, with these elements and no others
# but the time; threshold and quota are thus told from one another.
exported() {
	local text=$1 event=$2 elements=''
	shift 2
	while [ $# -gt 0 ]; do
		elements+=" *\([0-9]+\) $1 : $2 *" && shift 2
	done
	t_ok "ipfixDump: $text" wait_for 5 dumped \
		"\(323\) observationTimeMilliseconds : [-0-9:. ]+\(230\) natEvent : $event$elements(\*\*\*|\$)"
}
quota=natQuotaExceededEvent threshold=natThresholdEvent
exported "a user's ports" 13 natInstanceID 2 ingressVRFID 0 sourceIPv4Address 10.0.0.2 \
	$quota 3 maxEntriesPerUser 10
exported "a user's sessions" 13 natInstanceID 2 ingressVRFID 0 sourceIPv4Address 10.0.0.3 \
	$quota 3 maxEntriesPerUser 20
exported "users of the licence" 13 natInstanceID 2 $quota 4 maxSubscribers 16
exported "sessions of the licence" 13 natInstanceID 1 $quota 1 maxSessionEntries 1024
exported "many users" 18 $threshold 5 lineCardId 1 globalAddressMappingHighThreshold 12
exported "many sessions" 18 $threshold 3 lineCardId 1 addressPortMappingHighThreshold 717
exported "a full pool" 18 $threshold 1 natPoolId 2 addressPoolHighThreshold 2

# pmacct writes what a record does not have as 0 or as an empty address.
printed() {
	local text=$1 field patterns=()
	shift
	for field; do patterns+=("\"${field%=*}\": \"?${field#*=}\"?[,}]"); done
	t_ok "pmacct: $text" t_seen "$work/pmacct.json" "${patterns[@]}"
}
printed "a user's ports" nat_event=13 ip_src=10.0.0.2 quota=3 per_user=10 threshold=0
printed "a user's sessions" nat_event=13 ip_src=10.0.0.3 quota=3 per_user=20
printed "users of the licence" nat_event=13 ip_src= quota=4 max_users=16 per_user=0
printed "sessions of the licence" nat_event=13 ip_src= quota=1 max_sessions=1024
printed "many users" nat_event=18 threshold=5 slot=1 users_high=12 quota=0
printed "many sessions" nat_event=18 threshold=3 slot=1 sessions_high=717 quota=0
printed "a full pool" nat_event=18 threshold=1 pool=2 pool_high=2 pool_low=0 quota=0

t_ok "nfdump: a user's quota" wait_for 10 flows "src addr = 10.0.0.3\b" "nat event = 13:"
t_ok "nfdump: a threshold" wait_for 5 flows "nat event = 18:"
t_ok "none of these was lost" host pmacct '.lost == 0 and .state == "up"'

t_ok "all ports return" t_returned
told threshold-users-low 'slot="1" cpu="0" used="[0-8]" capacity="16" threshold="50%"'
told threshold-sessions-low 'slot="1" cpu="0" used="[0-9]+" capacity="1024" threshold="50%"'
told threshold-pool-low 'pool="pool2" used="[0-9]+" capacity="129024" threshold="50%"'
exported "a pool with room again" 18 $threshold 2 natPoolId 2 addressPoolLowThreshold 1
printed "a pool with room again" nat_event=18 threshold=2 pool=2 pool_low=1 pool_high=0
once() { [ "$(grep -c ' threshold-' "$work/syslog.txt")" = 6 ]; }
t_ok "one event for each crossing" once
t_end
