#!/usr/bin/env bash
# A board hangs, crashes and is shut down under traffic, with hot backup by the other:
# flows keep public address and port; how long the users of the failed board wait, and what
# users of the other board lose. Each several times; least, median and most are printed.
# Where there are fewer processors than work a board may be given up before its fault: that
# run begins anew, and is counted.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_BACKUP=1
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 1; detect_ms = 20;'
runs=${RUNS:-1}

t_up
lab_spawn inet probe "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
for n in '' 2 3 4; do t_must "sub$n: ping" m_ping "sub$n" "$WEB4"; done

# on_board SLOT: a subscriber whose location is on that board.
on_board() {
	local n
	n=$(lab_ctl --json show user | jq -r --argjson s "$1" '[.users[]
		| select(.slot == $s and .role == "active" and .softwire != null)
		| .softwire | split(":")[3]] | first')
	printf 'sub%s' "${n#1}"
}
home=$(on_board 1) away=$(on_board 2)
t_ok "users on both boards" [ "$home" != "$away" ]

all_home() {
	t_json '[.service_locations[] | .current == .configured] | all' show service-location
}
is_backed_up() {
	t_json '[.service_locations[] | .backup.state == "up" and .batch_backup == "finished"]
		| all' show service-location
}
# probe SUBSCRIBER FILE: a flow, until there is a file `stop`.
probe() {
	in_ns "$1" "$TOP/tests/lab/silence.py" run "$WEB4" 7000 40 0 "$LAB_RUN/stop" >"$LAB_RUN/$2"
}
copied() {
	t_json '.sessions | length == 2' show session role=standby remote="$WEB4:7000"
}
moved() { t_json '.service_locations[0].current.slot == 2' show service-location 1; }

# A CPU that was starved when it was fenced may have to wake up before.
start() {
	lab_ctl board start 1 >/dev/null 2>&1
	lab_ctl board start 2 >/dev/null 2>&1
	t_json '[.boards[].state == "up"] | all' show board
}

# A board may be given up on its way back, too.
restored() { start && all_home && is_backed_up; }

# fault COMMAND…: one run; appends "sent lost gap endpoints…" of both users. 2: a board had
# failed before.
fault() {
	local a b rc=0
	rm -f "$LAB_RUN/stop"
	lab_ctl clear session remote="$WEB4:7000" >/dev/null
	probe "$home" a &
	a=$!
	probe "$away" b &
	b=$!
	if ! wait_for 15 copied || ! lab_ctl "$@" >/dev/null; then
		t_json '[.boards[].state == "up"] | all' show board && rc=1 || rc=2
	elif ! wait_for 10 moved; then
		rc=1
	fi
	sleep 0.7
	touch "$LAB_RUN/stop"
	wait "$a" "$b" || true
	[ "$rc" != 0 ] ||
		{ cat "$LAB_RUN/a" >>"$LAB_RUN/gone" && cat "$LAB_RUN/b" >>"$LAB_RUN/stayed"; }
	wait_for 60 restored || return 1
	return "$rc"
}
# column FILE N: least, median and most of a column.
column() {
	sort -n -k "$2,$2" "$1" | awk -v k="$2" '{ v[NR] = $k }
		END { printf "%d/%d/%d", v[1], v[int((NR + 1) / 2)], v[NR] }'
}
one_endpoint() { awk 'NF != 4 { exit 1 }' "$1"; }
# Where packets may have been lost: the box's own counters, and the kernel's rings.
losses() {
	printf 'drops %s, rings %s' "$(lab_ctl --json show statistics |
		jq -c '.statistics.drops | with_entries(select(.value > 0))')" \
		"$("$TOP/tests/lab/ringdrops.py" "$(cat "$LAB_RUN/cgnd.pid")")"
}
several() {
	local i=0 again=0 rc
	rm -f "$LAB_RUN/gone" "$LAB_RUN/stayed"
	while [ "$i" -lt "$runs" ]; do
		rc=0
		fault "$@" || rc=$?
		case $rc in
		0) i=$((i + 1)) ;;
		2) again=$((again + 1)) && [ "$again" -le $((runs + 2)) ] || return 1 ;;
		*) return 1 ;;
		esac
	done
	figure="silence $(column "$LAB_RUN/gone" 3) ms, $(column "$LAB_RUN/gone" 2) packets lost"
	figure+="; on the other board $(column "$LAB_RUN/stayed" 3) ms, "
	figure+="$(column "$LAB_RUN/stayed" 2) lost (min/median/max of $runs)"
	[ "$again" = 0 ] || figure+="; $again runs began anew"
	! awk '$2 > 0' "$LAB_RUN/gone" "$LAB_RUN/stayed" | grep -q . || figure+="; all in all $(losses)"
	awk 'NF != 4' "$LAB_RUN/gone" "$LAB_RUN/stayed"
	one_endpoint "$LAB_RUN/gone" && one_endpoint "$LAB_RUN/stayed" &&
		awk '$3 > 1000 { exit 1 }' "$LAB_RUN/gone" "$LAB_RUN/stayed"
}

t_must "copies are complete" wait_for 5 is_backed_up
t_ok "a board hangs: same address and port" several debug hang 1
t_ok "where it hung is in the log" grep -q "cgn-1-0: #1 " "$LAB_RUN/cgnd.log"
t_ok "a board crashes: same address and port" several debug crash 1
t_ok "a board is shut down: same address and port" several board shutdown 1
t_ok "detection: the events" t_json '[.events[].reason | select(test("cgn-1-0: failed"))]
	| length >= 2' show log
t_end
