#!/usr/bin/env bash
# The channel between two boxes over a link with every fault: what box a has, box b has in
# the end, entry by entry; what is damaged, played back or forged is refused and counted;
# and when box a is killed while the link is at its worst, box b goes on with all of it.
# Figures are printed. SEED=N: another fate for each datagram; KILL=each: box a is killed
# over each of the links.
# Runs alone: two boxes and their link want their CPUs.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"
# shellcheck source=tests/lab/badlink.sh
. "$TOP/tests/lab/badlink.sh"

made=0

# opened FAULTS…: sessions are opened over such a link, and box b has them all.
opened() {
	local from=$EPOCHREALTIME rc=0 first last now
	first=$(channel a '[.sent, .resent, .bytes_sent] | @tsv')
	link "$@" || return 1
	made=$((made + 1))
	sessions "10.0.$((3 + made)).0" 192.0.2.200 8
	alike || rc=1
	now=$EPOCHREALTIME
	last=$(channel a '[.sent, .resent, .bytes_sent, .lag_p99_ms] | @tsv')
	figure="$figure; $(awk -v a="$from" -v b="$now" '{
		printf "%.1f s, %d records, %d sent again, %d bytes, lag p99 %s ms",
			b - a, $4 - $1, $5 - $2, $6 - $3, $7 }' <<<"$first	$last")"
	[ "$rc" != 0 ] || [ "${KILL:-}" != each ] || killed || rc=1
	return "$rc"
}

# killed: box b goes on with all that there was, over this link; then as it began.
killed() {
	local said=$figure rc=0
	witness
	wait_for 30 witnessed || return 1
	keep
	box_dies a
	wait_for 20 roles b && kept b || rc=1
	said+="; SIGKILL: $figure"
	on a lab_start_cgnd && wait_for 60 home || rc=1
	witness_end 1000 || rc=1
	figure="$said; $figure"
	return "$rc"
}

p_up
t_must "box a works, box b has a complete copy" later 20 home
for ns in sub nsub; do
	t_must "$ns: ping" m_ping "$ns" "$WEB4"
	connect "$ns"
done
link_bad
t_must "a good link, recorded" opened "save $LAB_RUN/saved"
while IFS='|' read -r text faults; do
	IFS=';' read -ra lines <<<"$faults"
	t_ok "$text" opened "${lines[@]}"
	link reset
done <<-'FAULTS'
	loss 1 %|loss 1
	loss 10 %|loss 10
	loss 30 %|loss 30
	reorder 50 % within 100 ms|reorder 50;late 100
	duplicates 20 %|duplicate 20
	delay 500 ms, jitter 100 ms|delay 500;jitter 100
	corruption 10 %|corrupt 10
	truncation 10 %|truncate 10
	nothing larger than 1280 bytes|mtu 1280
FAULTS

# --- recordings and forgeries ---------------------------------------------------------------

refused() { # refused CAUSES…: datagrams that box b has refused for these
	channel b ".rejected_by | [.${1// /, .}] | add"
}
all='auth replay version malformed'
t_ok "what was damaged was refused" [ "$(refused 'auth malformed')" -gt 0 ]
more_refused() { # more_refused CAUSES BEFORE LEAST
	figure="$(($(refused "$1") - $2)) datagrams"
	[ "${figure% *}" -ge "$3" ]
}
played() {
	local before
	before=$(refused replay)
	link "play $LAB_RUN/saved ab" && wait_for 5 more_refused replay "$before" 11 &&
		more_refused replay "$before" 11
}
used() { # ms of a processor that box b has used, and the time
	awk -v hz="$(getconf CLK_TCK)" -v now="$EPOCHREALTIME" \
		'{ printf "%.0f %.0f", ($14 + $15) * 1000 / hz, now * 1000 }' "/proc/$(cat "$LAB_RUN/cgnd-b.pid")/stat"
}
share() { # share BEFORE: percent of a processor since then
	awk '{ printf "%.1f", ($3 - $1) / ($4 - $2) * 100 }' <<<"$1 $(used)"
}
forged() {
	local before idle busy n=10000
	idle=$(used)
	sleep 2 # as long as they come
	idle=$(share "$idle") before=$(refused "$all") busy=$(used)
	in_ns wire "$TOP/tests/lab/forge.py" to-cgn-b "$LAB_RUN/saved" "$n" 5000 "$seed"
	busy=$(share "$busy")
	# on a busy machine some do not get as far as that
	wait_for 3 more_refused "$all" "$before" "$n" || true
	more_refused "$all" "$before" $((n / 2)) || return 1
	# most of it is the kernel's, which receives them; tests/ha/test_channel_peers.c has ours
	figure+=" of $n, 5,000 a second; box b used $busy % of a processor, before them $idle %"
}
t_ok "what was recorded in the beginning is refused" played
t_ok "what was made without the key is refused" forged
t_ok "that changed nothing" equal
t_ok "both are in step" both realtime
t_ok "no peer has started anew" [ "$(channel a .restarts) $(channel b .restarts)" = "0 0" ]

# --- all of it, and the box that works is killed ----------------------------------------------

t_ok "all faults at once" opened 'mtu 1280' 'loss 10' 'reorder 50' 'late 100' 'duplicate 20' \
	'corrupt 10' 'truncate 10'
[ "${KILL:-}" = each ] || t_ok "SIGKILL over that link" killed
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through all of it" connected "$ns"; done
t_ok "ledger" ledger
link_end
t_end
