#!/usr/bin/env bash
# Many sessions, and a box that knows none of them: it is started beside the one that works,
# gets them all while others are opened, and has them all when that one is killed: packets of
# old flows, both ways, find their sessions. For figures: SESSIONS=1000000.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"

sessions=${SESSIONS:-200000}
users=120 ports=64 to=192.0.2.200
remotes=$((sessions / users / ports + 2))
# A second CPU of box b would take half of the board's licence.
LAB_CHASSIS=1:1 LAB_CPUS_B=1 LAB_SESSIONS=$((sessions * 5 / 4 + 65536))
LAB_HA='detect_ms = 500;' LAB_NAT44='limits: { sessions: { total = 65535; }; };'
[ "$sessions" -le 300000 ] || LAB_MEMORY=2048

held() { on "$1" lab_ctl --json show board | jq '[.boards[].sessions] | add'; }
enough() { [ "$(held a)" -ge "$sessions" ]; }
# open TO REMOTES RATE: users × ports × REMOTES sessions.
open() { in_ns nsub "$CGN_BUILD/tests/lab/flows" 10.0.0.130 "$1" "$users" "$ports" "$2" "$3"; }

# What was lost on the way is sent once more.
fill() {
	local rate
	for rate in 100000 80000 60000 40000 40000; do
		open "$to" "$remotes" "$rate"
		wait_for 2 enough && break
	done
	figure="$(held a) sessions"
	enough
}

# channel FIELD…: of the channel, as box a sees it.
# shellcheck disable=SC2016  # jq's
channel() {
	on a lab_ctl --json show ha | jq -r '.ha.channels[0] as $c |
		[$ARGS.positional[] | $c[.]] | join(" ")' --args "$@"
}
even() { [ "$(held a)" = "$(held b)" ]; }

batch() {
	local sent bytes sent0 bytes0 begin new=0 ready
	read -r sent0 bytes0 < <(channel sent bytes_sent)
	on b lab_start_cgnd || return 1
	begin=$EPOCHREALTIME
	new=$(held a)
	open 192.0.2.201 4 2000 &
	later 120 copied b 1 || return 1
	ready=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
	new=$(($(held a) - new))
	read -r sent bytes < <(channel sent bytes_sent)
	wait $!
	figure=$(awk -v n=$((sent - sent0)) -v b=$((bytes - bytes0)) -v s="$ready" 'BEGIN {
		printf "finished %.1f s after its start, %d records, %d a second, %.1f bytes each",
			s, n, n / s, b / n }')
	figure+="; $new sessions were opened meanwhile"
	[ "$new" -gt 0 ]
}
lags() {
	local p50 p99 max
	read -r p50 p99 max < <(channel lag_p50_ms lag_p99_ms lag_max_ms)
	figure="p50 $p50, p99 $p99, max $max ms"
}
# What a user's sessions look like from outside.
seen() {
	on "$1" lab_ctl --json show session inside=10.0.0.137 limit=100000 |
		jq -c '[.sessions[] | [.protocol, .inside, .outside, .remote]] | sort' | md5sum
}
present() {
	local n
	n=$(held b)
	figure="$n of $before sessions"
	[ "$n" -ge "$before" ]
}
same() { [ "$(seen b)" = "$look" ]; }
# Packets of users that came back to them: nobody listens there.
# shellcheck disable=SC2016  # awk's
returned() { in_ns nsub awk '/^Udp:/ { n = $3 } END { print n }' /proc/net/snmp; }
answered() {
	local n old
	ip -n "inet$LAB_SUFFIX" addr add "$to/32" dev lo
	lab_spawn inet echo "$TOP/tests/lab/silence.py" serve "$to" 40000
	open "$to" 1 4000 # neighbours become known
	n=$(held b) old=$(returned)
	open "$to" 1 4000
	wait_for 5 back $((old + users * ports * 99 / 100)) || true
	figure="$(($(returned) - old)) of $((users * ports)) came back, $(($(held b) - n)) new sessions"
	back $((old + users * ports * 99 / 100)) && [ "$(held b)" -le "$n" ]
}
back() { [ "$(returned)" -ge "$1" ]; }

p_up
# They all are the host nsub.
ip -n "nsub$LAB_SUFFIX" route add local 10.0.0.128/25 dev lo
t_must "box a works, box b has a copy" later 20 home
on b lab_kill_cgnd
t_must "sessions" fill
t_must "batch copy beside new sessions" batch
t_must "both have the same" later 30 even
t_ok "from change to acknowledgement" lags
before=$(held a) look=$(seen a)
on a lab_kill_cgnd
t_must "box b works" later 20 roles b
t_ok "all are there" present
t_ok "seen from outside as before" same
t_ok "packets of old flows, both ways" answered
t_end
