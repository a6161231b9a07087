#!/usr/bin/env bash
# Ten minutes of random traffic by users of both kinds, and from outside to the public
# addresses. Fifteen seconds are real; meanwhile the clock of the box is turned on, so that
# sessions of every timer end, and ports go through quarantine and into other hands. When
# all is quiet nothing is held.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

REAL=15 TURNED=600 SEED=${SEED:-$RANDOM}
LAB_SUBS=2 LAB_BOARDS=2
t_up
hosts=$NSUB4
for n in {3..20}; do
	ip -n "nsub$LAB_SUFFIX" addr add "10.0.0.$n/24" dev wan
	hosts+=",10.0.0.$n"
done
say "seed $SEED"

# traffic NS SOURCES TARGETS
pids=()
traffic() {
	in_ns "$1" python3 "$TOP/tests/lab/random.py" "$REAL" "$SEED$1" "$2" "$3" \
		>"$LAB_RUN/random-$1" 2>&1 &
	pids+=("$!")
}
servers=$WEB4,$DNS4,$IPERF4,$INET4,203.0.113.0/28,203.0.113.64/28
traffic sub "$SUB_HOST4" "$servers"
traffic sub2 "$SUB_HOST4" "$servers"
traffic nsub "$hosts" "$servers"
traffic inet "$INET4,$WEB4" 203.0.113.0/28,203.0.113.64/28

# The clock of the box keeps forty times the pace of ours.
begin=$EPOCHREALTIME turned=0 most=0
while [ "$turned" -lt "$TURNED" ]; do
	sessions=$(lab_ctl --json show board | jq '[.boards[].sessions] | add')
	[ "$sessions" -le "$most" ] || most=$sessions
	sleep 0.1
	due=$(awk -v a="$begin" -v b="$EPOCHREALTIME" -v real="$REAL" -v all="$TURNED" \
		'BEGIN { d = (b - a) / real; print int(all * (d < 1 ? d : 1)) }')
	[ "$due" = "$turned" ] || t_clock "$((due - turned))"
	turned=$due
done
ran() {
	local rc=0
	wait "${pids[$2]}" || rc=$?
	figure=$(tail -n 1 "$LAB_RUN/random-$1")
	return "$rc"
}
n=0
for ns in sub sub2 nsub inet; do t_ok "traffic of $ns" ran $ns $((n++)); done
events() {
	lab_ctl --json show statistics | jq -r ".statistics.events.$1"
}
figures() {
	figure="$REAL s for $turned s; sessions: $(events sessions_created), $most at once"
	figure+="; blocks taken: $(events blocks_taken)"
	[ "$(events sessions_created)" -gt 1000 ] && [ "$most" -gt 100 ]
}
t_ok "there was some" figures
t_ok "all ports return" t_returned
balanced() {
	local thing came went
	for thing in sessions mappings users; do
		came=$(events "${thing}_created") went=$(events "${thing}_removed")
		figure="$thing: $came came, $went went"
		[ "$came" = "$went" ] || return 1
	done
	figure="$(events blocks_taken) blocks taken, $(events blocks_returned) returned"
	[ "$(events blocks_taken)" = "$(events blocks_returned)" ]
}
t_ok "as many have come as gone" balanced
t_ok "no packet buffer is missing" t_json '.statistics.buffers | all(.in_use == 0)' \
	show statistics
t_ok "it still works, DS-Lite" m_whoami sub 203.0.113.
t_ok "it still works, NAT44" m_whoami nsub 203.0.113.
t_end
