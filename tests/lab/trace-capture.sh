#!/usr/bin/env bash
# What `cgnctl trace` and `cgnctl capture` say of real traffic: softwires and NAT44, a drop
# by name, hairpin, hand-over between boards; frames as dumpcap sees them at the other end of
# the wire; Ctrl-C, a client that is killed, several at once, traffic beside; and, where
# there are hugepages, frames as dpdk-dumpcap takes them from the daemon's memory.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

RATE=${RATE:-100M}
LAB_BOARDS=2 LAB_SUBS=3
LAB_NAT44='limits: { sessions: { udp = 3; }; };'

# Hugepages with names, for dpdk-dumpcap: 512 MB, given back in the end. The file system
# is mounted for the daemon alone.
pages=/proc/sys/vm/nr_hugepages
added=0
t_hugepages() {
	local free want=288
	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	if [ "$free" -lt $want ]; then
		added=$((want - free))
		echo $(($(cat $pages) + added)) >$pages
	fi
	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	[ "$free" -ge $want ] && command -v dpdk-dumpcap >/dev/null
}
t_give_back() {
	t_clean
	[ "$added" = 0 ] || echo $(($(cat "$pages") - added)) >"$pages"
	rm -f "$LAB_CONFIG"
}
trap t_give_back EXIT
attach=false
if t_hugepages; then
	attach=true LAB_HUGEPAGES='true; multi_process = true' LAB_MEMORY=512 LAB_TUNNEL_MTU=1540
	LAB_MOUNT="mkdir $LAB_RUN/huge && mount -t hugetlbfs none $LAB_RUN/huge"
	LAB_CONFIG=/tmp/huge$LAB_SUFFIX.conf
	# Lcores that have no numbers of processors.
	lab_conf | sed -E -e '/lcores = "/ s/([0-9]+)@/10\1@/g' \
		-e 's/lcore = ([0-9]+);/lcore = 10\1;/g' >"$LAB_CONFIG"
fi
t_up

udp() { # udp NS SOURCE-PORT ADDRESS PORT
	in_ns "$1" /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
s.sendto(b"x", (sys.argv[2], int(sys.argv[3])))' "$2" "$3" "$4"
}

# --- trace ---------------------------------------------------------------------------

# stream NAME ARGUMENTS…: a command that goes on, in the background; what it prints is in
# $LAB_RUN/NAME, and it has begun when the daemon has its request.
declare -A client
stream() {
	local name=$1 before
	shift
	before=$(running)
	"$CGN_BUILD/cgnctl" --run-dir "$(lab_run_dir)" --json "$@" \
		>"$LAB_RUN/$name" 2>"$LAB_RUN/$name.err" &
	client[$name]=$!
	wait_for 5 more_than "$before"
}
# Streams in progress, as the daemon counts them.
running() { lab_ctl --json show statistics | jq '.statistics.streams'; }
more_than() { [ "$(running)" -gt "$1" ]; }
no_streams() { [ "$(running)" = 0 ]; }

# told NAME JQ: it has ended well, and JQ is true of what it printed.
told() {
	wait "${client[$1]}" && jq -e "def names: [.stages[].stage] | unique; $2" \
		"$LAB_RUN/$1" >/dev/null && return
	figure="$2 is false of $(head -c 1500 "$LAB_RUN/$1" "$LAB_RUN/$1.err")"
	return 1
}

stream up trace softwire=2001:db8:100:1::1 proto=icmp count=2 seconds=10
m_ping sub "$WEB4"
t_ok "a softwire, up and down" told up '
	.traced == 2 and .lost == 0 and .not_looked_at == 0 and
	(.packets[0] | .result == "sent" and .reason == "outside" and .port == "inside"
		and .softwire == "2001:db8:100:1::1"
		and (.inside | startswith("192.168.1.10:"))
		and (names | contains(["parse", "route", "classify", "steer", "decap", "user",
			"session_up", "create_up", "rewrite_up", "reroute", "forward"]))) and
	(.packets[1] | .result == "sent" and .reason == "inside" and .port == "outside"
		and (names | contains(["session_down", "rewrite_down", "encap"])))'

stream nat trace inside=10.0.0.2 remote="$WEB4:80" count=3 seconds=10
m_whoami nsub 203.0.113.
port=${figure##* }
t_ok "NAT44: the port that the server has seen" told nat '
	all(.packets[]; .instance == "nat1" and .proto == "tcp"
		and (.outside | endswith(":'"$port"'"))) and
	(.packets[0] | any(.stages[]; .stage == "rewrite_up"
		and (.does | contains(":'"$port"' >"))))'

stream handed trace proto=icmp count=40 seconds=10
for ns in sub sub2 sub3 nsub; do m_ping "$ns" "$WEB4"; done
t_ok "handed over, and what the other board did" told handed '
	(.packets | length == 40) and all(.packets[]; .result == "sent") and
	any(.packets[]; any(.stages[]; .does | startswith("handed over to"))
		and ([.stages[].worker] | unique | length == 2)
		and (.stages[-1].does | startswith("sent on")))'

udp nsub 5001 "$DNS4" 9
outside=$(lab_ctl --json show session inside=10.0.0.2:5001 | jq -r '.sessions[0].outside')
stream hairpin trace inside=10.0.0.2 port=inside count=1 seconds=10
udp sub 6000 "${outside%:*}" "${outside#*:}"
t_ok "hairpin: from a softwire to a neighbour" told hairpin '
	.packets[0] | .port == "inside" and .result == "sent" and .reason == "inside4"
		and (names | contains(["decap", "rewrite_up", "rewrite_down"]))
		and .inside == "10.0.0.2:5001"'

stream drop trace inside=10.0.0.2 proto=udp count=2 seconds=10
for port in 5002 5003; do udp nsub "$port" "$DNS4" 9; done
t_ok "dropped by name" told drop '
	[.packets[] | .result] == ["sent", "dropped"] and
	(.packets[1] | .reason == "limit_sessions"
		and .stages[-1] == {stage: "create_up", worker: .stages[-1].worker,
			does: "dropped: limit_sessions"})'

stream ttl trace inside=10.0.0.2 proto=icmp count=1 seconds=10
in_ns nsub ping -n -c 1 -W 1 -t 1 "$WEB4" >/dev/null || true
t_ok "an error instead" told ttl '.packets[0] | .reason == "ttl_exceeded"
	and (.stages[-1].does | startswith("sent on inside4"))'

# --- clients -------------------------------------------------------------------------

t_ok "no port of that name" t_exit 1 lab_ctl trace port=nowhere
t_ok "no instance of that name" t_exit 1 lab_ctl trace instance=nowhere
for n in 1 2 3 4; do stream "c$n" trace proto=icmp; done
t_ok "the fifth is refused" t_exit 1 lab_ctl trace
m_ping nsub "$WEB4"
kill -INT "${client[c1]}" "${client[c2]}"
t_ok "Ctrl-C ends the document" told c1 '.traced == 10 and .lost == 0'
t_ok "and that of the client beside" told c2 '.traced == 10 and .lost == 0'
kill -KILL "${client[c3]}" "${client[c4]}"
wait "${client[c3]}" "${client[c4]}" 2>/dev/null || true
t_ok "those that are killed leave nothing" wait_for 5 no_streams
stream again trace proto=icmp count=1 seconds=10
m_ping nsub "$WEB4"
t_ok "and there is room for others" told again '.traced == 1'

# --- capture -------------------------------------------------------------------------

# frames FILE FILTER: the frames of a file in hexadecimal, in an order of their own.
frames() {
	tshark -r "$1" -Y "$2" -T json -x 2>/dev/null | jq -r '.[]._source.layers.frame_raw[0]' |
		sort
}
same_frames() { # same_frames A B FILTER
	local n
	n=$(frames "$1" "$3" | wc -l)
	figure="$n frames"
	[ "$n" -gt 10 ] && cmp -s <(frames "$1" "$3") <(frames "$2" "$3")
}
ip netns exec "nsub$LAB_SUFFIX" dumpcap -q -i wan -w "$LAB_RUN/wire.pcapng" \
	2>"$LAB_RUN/log/dumpcap" >/dev/null &
dumpcap=$!
begun() { m_ping nsub "$WEB4" && [ -s "$LAB_RUN/wire.pcapng" ]; }
t_must "dumpcap has begun" wait_for 10 begun
stream capture capture inside4 "$LAB_RUN/box.pcapng"
stream some capture inside4 "$LAB_RUN/some.pcapng" filter='icmp and src host 10.0.0.2' \
	snaplen=60 count=3 seconds=20
stream out capture inside4 "$LAB_RUN/out.pcapng" direction=out seconds=1
m_ping nsub "$WEB4" -s 200
head -c 300000 /dev/urandom >"$LAB_RUN/www/file"
in_ns nsub curl -fsS --max-time 10 -o /dev/null "http://$WEB4/file"
t_ok "so many as were asked for" told some '.capture.frames == 3 and .capture.lost == 0'
t_ok "so long as was asked for" told out '.capture.seconds >= 1 and .capture.seconds < 3'
kill -INT "${client[capture]}"
kill -TERM "$dumpcap"
t_ok "Ctrl-C" told capture '.capture.port == "inside4" and .capture.lost == 0'
wait "$dumpcap" || true
t_ok "the frames are those on the wire" same_frames "$LAB_RUN/box.pcapng" \
	"$LAB_RUN/wire.pcapng" 'ip.addr == 10.0.0.2 && (tcp || ip.len == 228)'
fields() { tshark -r "$LAB_RUN/$1.pcapng" -T fields -E separator=, "${@:2}" 2>/dev/null; }
directions() {
	figure=$(fields box -Y "icmp" -e frame.packet_flags_direction -e ip.src | sort | uniq -c |
		awk '{ printf "%s%s %s", n++ ? "; " : "", $1, $2 }')
	[ "$figure" = "5 0x00000001,10.0.0.2; 5 0x00000002,$WEB4" ]
}
t_ok "each says which way it went" directions
t_ok "nothing but what the filter wants, cut off" [ \
	"$(fields some -e frame.cap_len -e frame.len -e ip.src | uniq)" = "60,242,10.0.0.2" ]
t_ok "nothing but what was sent" [ \
	"$(fields out -e frame.packet_flags_direction | sort -u)" = 0x00000002 ]
info() {
	figure=$(capinfos -T -r -a -e -S -M "$LAB_RUN/box.pcapng" 2>&1)
	capinfos "$LAB_RUN/box.pcapng" | grep -q 'Strict time order: *True' &&
		capinfos "$LAB_RUN/box.pcapng" | grep -q 'nanoseconds (9)' &&
		capinfos "$LAB_RUN/box.pcapng" | grep -q 'Name = inside4'
}
t_ok "capinfos finds it in order" info
close_times() { # of the same ping, by the clocks of the box and of the kernel: 20 ms
	local us
	us=$(paste -d, <(fields box -Y 'icmp.type == 8 && ip.len == 228' -e frame.time_epoch) \
		<(fields wire -Y 'icmp.type == 8 && ip.len == 228' -e frame.time_epoch) |
		awk -F, '{ d = ($1 - $2) * 1e6; if (d < 0) d = -d; if (d > m) m = d }
			END { printf "%d", m }')
	figure="$us microseconds apart at most"
	[ "$us" -lt 20000 ]
}
t_ok "time stamps are those of the kernel" close_times
pipe() {
	local before piped
	before=$(running)
	lab_ctl capture inside4 - filter=icmp count=4 seconds=10 2>/dev/null |
		tshark -r - 2>/dev/null | wc -l >"$LAB_RUN/piped" &
	piped=$!
	wait_for 5 more_than "$before" && m_ping nsub "$WEB4"
	wait "$piped"
	figure=$(cat "$LAB_RUN/piped")
	[ "$figure" = 4 ]
}
t_ok "through a pipe" pipe
t_ok "a filter that is none" t_exit 2 lab_ctl capture inside4 - filter='tcp and and'
t_ok "no port of that name" t_exit 1 lab_ctl capture nowhere "$LAB_RUN/x"
t_ok "which makes no file" [ ! -e "$LAB_RUN/x" ]
t_ok "a directory that is not there" t_exit 1 lab_ctl capture inside4 /nowhere/x count=1
t_ok "no stream is left" wait_for 5 no_streams

# --- dpdk-dumpcap --------------------------------------------------------------------

in_box() { nsenter -t "$(cat "$LAB_RUN/cgnd.pid")" -m -n "$@"; }
attached() { # attached NAME ARGUMENTS…: dpdk-dumpcap in the background, when it has begun
	local name=$1
	shift
	nsenter -t "$(cat "$LAB_RUN/cgnd.pid")" -m -n env RUNTIME_DIRECTORY="$(lab_run_dir)" \
		dpdk-dumpcap --file-prefix=cgn "$@" -w "$LAB_RUN/$name.pcapng" \
		>"$LAB_RUN/log/$name" 2>&1 &
	client[$name]=$!
	wait_for 10 grep -q 'Packets captured' "$LAB_RUN/log/$name"
}
lost_by_name() { lab_ctl --json show statistics | jq -c '.statistics.drops | del(.limit_sessions)'; }
dumped() { # dumped NAME: it has lost nothing
	wait "${client[$1]}" || return 1
	figure=$(grep -o 'Packets received.*' "$LAB_RUN/log/$1")
	[[ $figure =~ :\ [0-9]+/0\  ]]
}
telemetry() {
	figure=$(RUNTIME_DIRECTORY=$(lab_run_dir) dpdk-telemetry.py -f cgn <<<'/cgn/board' 2>&1)
	[[ $figure == *'"state": "up"'* ]] && figure=''
}
# Those of a daemon that lives are told from those of a dead one by that.
locked() {
	local files="$LAB_RUN/huge/cgnd${LAB_RUN//\//-}-cgnd/*"
	in_box sh -c "ls $files" >/dev/null && ! in_box sh -c "for f in $files; do
		flock -n \$f true && exit; done; exit 1"
}
died() { lab_ctl show log | grep -q "process ${client[killed]} died while it was attached"; }
loaded() { # the path beside a client: probes answered, no board lost, no drop of the box
	in_ns nsub ping -n -q -i 0.002 -c "$1" -W 1 "$WEB4" >"$LAB_RUN/log/ping" || true
	figure=$(grep -o '[0-9]* packets tr.*received' "$LAB_RUN/log/ping")
	[[ $figure == "$1 packets transmitted, $1 received" ]] &&
		t_json 'all(.boards[]; .state == "up")' show board && [ "$(lost_by_name)" = "$drops" ]
}
if $attach; then
	drops=$(lost_by_name)
	t_must "dpdk-dumpcap attaches" attached dumped -p -i net_af_packet1 -f icmp -c 600
	stream own capture inside4 "$LAB_RUN/own.pcapng" filter=icmp count=600 seconds=20
	t_ok "nothing is lost beside it" loaded 300
	t_ok "nor by it" dumped dumped
	t_ok "nor by the box's own capture" told own '.capture.lost == 0 and .capture.frames == 600'
	t_ok "both have the same frames, whole" same_frames "$LAB_RUN/own.pcapng" \
		"$LAB_RUN/dumped.pcapng" icmp
	t_must "another one" attached killed -p -i net_af_packet1
	kill -KILL "${client[killed]}"
	wait "${client[killed]}" 2>/dev/null || true
	t_ok "is killed: nothing is lost" loaded 300
	t_ok "its capture is over" wait_for 5 died
	t_must "there is room for the next" attached next -p -i net_af_packet1 -c 10
	m_ping nsub "$WEB4"
	t_ok "which gets frames" dumped next
	t_ok "dpdk-telemetry.py reads the box" telemetry
	t_ok "its hugepages are locked" locked
else
	say "no hugepages: without dpdk-dumpcap"
fi

# --- traffic beside ------------------------------------------------------------------

stream beside trace softwire=2001:db8:100:1::1 proto=icmp seconds=3
stream all trace address="$IPERF4" seconds=3
stream load capture outside "$LAB_RUN/load.pcapng" snaplen=128 seconds=3
in_ns nsub iperf3 -c "$IPERF4" -t 2 -b "$RATE" -J >"$LAB_RUN/iperf.json" &
iperf=$!
m_ping sub "$WEB4"
wait "$iperf"
mbps() {
	figure="$(jq '.end.sum_sent.bits_per_second / 1e6 | floor' "$LAB_RUN/iperf.json") Mb/s, $(
		jq '.end.sum_sent.retransmits' "$LAB_RUN/iperf.json") segments sent again"
	jq -e '.end.sum_received.bytes > 1000000' "$LAB_RUN/iperf.json" >/dev/null
}
t_ok "traffic beside" mbps
t_ok "a narrow trace loses nothing" told beside '
	.traced == 10 and .lost == 0 and .not_looked_at == 0'
beside() { # what a wide one and a capture have seen
	figure="$(jq .traced "$LAB_RUN/all") packets traced, $(
		jq '.lost + .not_looked_at' "$LAB_RUN/all") not; $(
		jq .capture.frames "$LAB_RUN/load") frames, $(jq .capture.lost "$LAB_RUN/load") lost"
}
t_ok "a wide one, which shows every packet" told all '.lost == 0 and .not_looked_at == 0'
t_ok "a capture of all of it" told load '.capture.lost == 0 and .capture.frames > 1000'
t_ok "how many" beside
t_ok "all ports return" t_returned

# The daemon leaves while they run.
stream last trace
stream latest capture outside "$LAB_RUN/latest.pcapng"
t_end
