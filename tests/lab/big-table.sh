#!/usr/bin/env bash
# A table of a million sessions is listed while traffic runs and metrics are scraped ten
# times a second, by one operator, by a hundred at once, and by one who gives up: nothing
# is lost, and neither the daemon nor the command grows with the list. SESSIONS=10000000
# for a larger one than a million.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# More than are asked for: a port on AF_PACKET loses some when many come at once.
sessions=${SESSIONS:-1000000}
users=$((sessions * 256 / 1000000)) ports=64 remotes=68
# A sanitizer's daemon gets a table that it can fill in the time there is.
[[ $CGN_BUILD != *asan* ]] || users=256 remotes=5 sessions=65536
LAB_SESSIONS=$((sessions * 13 / 10)) LAB_MEMORY=$((1024 + sessions / 1000))
LAB_NAT44='timers: { udp = 3600; };' LAB_TOP='metrics: { port = 9464; };'
t_up
in_ns nsub ping -n -c 1 -W 2 "$WEB4" >/dev/null || true

held() { lab_ctl --json show board | jq '[.boards[].sessions] | add'; }
enough() { [ "$(held)" -ge "$sessions" ]; }
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$(cat "$LAB_RUN/cgnd.pid")/status"; }

# What was lost on the way is sent once more.
fill() {
	local rate
	for rate in 150000 100000 100000 80000 60000; do
		in_ns nsub "$CGN_BUILD/tests/lab/flows" 10.0.4.0 192.0.2.200 \
			"$users" "$ports" "$remotes" "$rate"
		wait_for 2 enough && break
	done
	figure="$(held) sessions"
	enough
}
t_must "the table is filled" fill

before=$(rss)
# Traffic from before the first entry until after the last.
ip netns exec "nsub$LAB_SUFFIX" iperf3 -J -c "$IPERF4" -u -b 20M -l 1000 -R \
	-t "$((150 + sessions / 10000))" >"$LAB_RUN/iperf" 2>&1 &
iperf=$!
arrived() { in_ns nsub cat /sys/class/net/wan/statistics/rx_packets; }
first=$(arrived)
receiving() { [ "$(arrived)" -gt $((first + 500)) ]; }
t_must "traffic runs" wait_for 10 receiving
listing=0
listed() {
	local begin=$EPOCHREALTIME count
	count=$(lab_ctl --json show session | grep -c '"outside":')
	listing=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
	figure="$count in $listing s, $(awk -v n="$count" -v t="$listing" 'BEGIN {
		printf "%d", n / t }') a second"
	[ "$count" -ge "$sessions" ]
}
scrape() {
	while :; do
		curl -s -o /dev/null -w '%{http_code}\n' --max-time 10 http://127.0.0.1:9464/metrics
		sleep 0.1
	done
}
export -f scrape
ip netns exec "cgn$LAB_SUFFIX" bash -c scrape >"$LAB_RUN/scrapes" 2>&1 &
scraper=$!
t_ok "all of them are listed" listed
kill -TERM "$scraper"
wait "$scraper" || true
scraped() {
	figure="$(wc -l <"$LAB_RUN/scrapes") scrapes in $listing s"
	! grep -qvx 200 "$LAB_RUN/scrapes" &&
		awk -v t="$listing" 'END { exit NR < 1 + 2 * t }' "$LAB_RUN/scrapes"
}
t_ok "metrics are there meanwhile" scraped
interrupted() {
	local rc=0
	timeout --preserve-status -s INT 0.5 "$CGN_BUILD/cgnctl" --run-dir "$(lab_run_dir)" \
		--json show session >"$LAB_RUN/part" 2>&1 || rc=$?
	figure="exit $rc after $(grep -c '"outside":' "$LAB_RUN/part") sessions"
	t_json '.boards | length == 1' show board
}
t_ok "a listing that is interrupted" interrupted
kill -TERM "$iperf"
wait "$iperf" || true
lossless() {
	figure=$(jq -r '.end.sum | "\(.lost_packets) of \(.packets) lost in \(.seconds) s"' \
		"$LAB_RUN/iperf")
	[[ $figure = "0 of "[1-9]* ]] &&
		jq -e ".end.sum.seconds > $listing" "$LAB_RUN/iperf" >/dev/null
}
t_ok "no packet was lost meanwhile" lossless
# What the workers lose, by name; the kernel in front of them may lose what finds no room
# while a thread has no processor, and that is not the box.
drops() { lab_ctl --json show statistics | jq -c '.statistics.drops |
	with_entries(select(.key | startswith("host_") | not))'; }
crowd() {
	local i begin=$EPOCHREALTIME pids=() good=0 before probe
	before=$(drops)
	in_ns nsub ping -n -q -i 0.05 -c 100 -W 2 "$WEB4" >"$LAB_RUN/log/crowd" 2>&1 &
	probe=$!
	for i in {1..100}; do
		nice -n 19 "$CGN_BUILD/cgnctl" --run-dir "$(lab_run_dir)" --json \
			show session limit=500 >"$LAB_RUN/page$i" 2>&1 &
		pids+=("$!")
	done
	for i in {1..100}; do
		wait "${pids[i - 1]}" && [ "$(grep -c '"outside":' "$LAB_RUN/page$i")" = 500 ] &&
			good=$((good + 1))
	done
	wait "$probe" || true
	figure=$(awk -v a="$begin" -v b="$EPOCHREALTIME" -v n="$good" -v p="$(
		grep -o '[0-9]* received' "$LAB_RUN/log/crowd")" 'BEGIN {
		printf "%d of 100 have 500 sessions, in %.1f s; probe: %s of 100", n, b - a, p }')
	[ "$good" = 100 ] && [ "$(drops)" = "$before" ] &&
		[[ $figure == *": 100 received of 100" ]]
}
t_ok "a hundred listings at once, and the workers lose nothing" crowd
growth() {
	figure="$(($(rss) - before)) kB more"
	[ "$(($(rss) - before))" -lt 32768 ]
}
# A sanitizer keeps what was freed.
[[ $CGN_BUILD = *asan* ]] || t_ok "the daemon has not grown with all of them" growth
one_user() {
	local held
	held=$(lab_ctl --json show user inside=10.0.4.7 | jq '.users[0].sessions')
	t_json ".sessions | length == $held and all(.inside | startswith(\"10.0.4.7:\"))" \
		show session inside=10.0.4.7 && figure="$held sessions"
}
t_ok "one user is found among them" one_user
# All end in one turn of the clock, but the sweep looks at so many slots a turn.
t_ok "all ports return" t_returned "" "$((10 + sessions / 50000))"
t_end
