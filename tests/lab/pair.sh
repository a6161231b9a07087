# shellcheck shell=bash
# Further words for tests of two boxes. Source after lib.sh.

runs=${RUNS:-1} # of each fault
limit=${LIMIT:-5000} # ms; figures are for machines with nothing else to do

# on BOX COMMAND…: COMMAND speaks to box a or b.
on() {
	local was=$LAB_BOX rc=0
	lab_box "$1"
	shift
	"$@" || rc=$?
	LAB_BOX=$was
	return "$rc"
}

# later SECONDS COMMAND…: true within that time; how it was before is not told.
later() {
	local from=$EPOCHREALTIME
	wait_for "$@" || {
		"${@:2}" || true
		return 1
	}
	figure=$(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f s", b - a }')
}
quiet() { "$@" >/dev/null; }

# roles WANT: who works for the locations 1, 2 …, for instance "a b".
roles() {
	local got
	got=$(on a lab_ctl --json show service-location 2>/dev/null | jq -r '.service_locations[]
		| "\(.id) \(.state) a"'; on b lab_ctl --json show service-location 2>/dev/null |
		jq -r '.service_locations[] | "\(.id) \(.state) b"')
	got=$(awk '$2 == "active" { w[$1] = w[$1] $3 } { n[$1] } END {
		for (i = 1; i in n; i++) printf "%s%s", (i > 1 ? " " : ""), (i in w ? w[i] : "-") }' \
		<<<"$got")
	figure="$got"
	[ "$got" = "$1" ]
}

# copied BOX ID…: that box has a complete copy of these locations.
copied() {
	local box=$1 id
	shift
	for id in "$@"; do
		on "$box" t_json ".service_locations[] | select(.id == $id) |
			.state == \"standby\" and .batch_backup == \"finished\"" \
			show service-location "$id" || return 1
	done
}

# home: box a works for location 1, and b could.
home() { roles a && copied b 1; }

# known BOX: the flows of the probes have reached the standby there.
known() {
	on "$1" t_json "[.sessions[] | select(.inside | endswith(\":$probe_port\"))] | length == 2" \
		show session role=standby
}

# probes: a flow of a packet each millisecond ($RATE per second) from sub and from nsub,
# until probes_end; "sent lost silence endpoints…" of each goes to probe-NS. Silence counts
# from probes_go on; the longest before it, which is the machine's own, goes to calm-NS.
probe_port=20000
probes() {
	local ns
	probe_pids=() probe_port=$((probe_port + 1))
	rm -f "$LAB_RUN"/probe-{stop,go} "$LAB_RUN"/calm-*
	for ns in sub nsub; do
		in_ns "$ns" "$TOP/tests/lab/silence.py" run "$WEB4" 7000 60 "$probe_port" \
			"$LAB_RUN"/probe-{stop,go} "$LAB_RUN/calm-$ns" >"$LAB_RUN/probe-$ns" &
		probe_pids+=("$!")
	done
}
probes_go() {
	touch "$LAB_RUN/probe-go"
	wait_for 5 test -s "$LAB_RUN/calm-sub" -a -s "$LAB_RUN/calm-nsub"
}
# probes_end SECONDS: after so long.
probes_end() {
	sleep "$1"
	touch "$LAB_RUN/probe-stop"
	wait "${probe_pids[@]}"
	cat "$LAB_RUN/probe-sub" "$LAB_RUN/probe-nsub" >>"$LAB_RUN/probed"
	cat "$LAB_RUN/calm-sub" "$LAB_RUN/calm-nsub" >>"$LAB_RUN/calm"
}

# column FILE N: least, median and most of a column.
column() {
	sort -n -k "$2,$2" "$1" | awk -v k="$2" '{ v[NR] = $k }
		END { printf "%d/%d/%d", v[1], v[int((NR + 1) / 2)], v[NR] }'
}

# fault BREAK REPAIR: both flows keep public address and port and are silent for at most
# $limit ms, each time of $runs that BREAK is done. It ends as it began.
fault() {
	local i why=''
	rm -f "$LAB_RUN/probed" "$LAB_RUN/calm"
	for ((i = 0; i < runs; i++)); do
		probes
		wait_for 30 known b || why="the copy does not have the flows: $figure"
		probes_go || why="the probes do not run"
		"$1"
		wait_for 20 roles "${took:-b}" || why="box b has not taken over"
		probes_end 0.5
		"$2" || why="no repair"
		wait_for 40 home || why="not as it was"
		[ -z "$why" ] || break
	done
	awk 'NF != 4' "$LAB_RUN/probed"
	figure="silence $(column "$LAB_RUN/probed" 3) ms, $(column "$LAB_RUN/probed" 2) packets"
	figure+=" lost (min/median/max of 2 flows, $runs runs); before it $(
		column "$LAB_RUN/calm" 1) ms${why:+; $why}"
	[ -z "$why" ] && awk -v limit="$limit" 'NF != 4 || $3 > limit { exit 1 }' \
		"$LAB_RUN/probed" && return
	events a
	events b
	return 1
}
# events BOX: the last ones, and what it dropped, for whoever looks for the reason.
events() {
	on "$1" lab_ctl show log | tail -n 40 | sed "s/^/box $1: /"
	on "$1" lab_ctl --json show statistics | jq -c '.statistics.drops |
		with_entries(select(.value > 0))' | sed "s/^/box $1 dropped: /"
}

# connect NS: a TCP connection and a UDP flow that must live as long as the test.
connect() {
	in_ns "$1" python3 "$TOP/tests/lab/probe.py" client "$WEB4" 7777 \
		"$LAB_RUN/stop" >"$LAB_RUN/$1.json" 2>"$LAB_RUN/$1.err" &
	printf '%s\n' "$!" >"$LAB_RUN/$1.pid"
}
# remembered BOX: those of sub and nsub have reached the standby there.
remembered() {
	on "$1" t_json '[.sessions[] | select(.remote | endswith(":7777"))] | length == 4' \
		show session role=standby
}
connected() {
	local rc=0
	wait "$(cat "$LAB_RUN/$1.pid")" || rc=$?
	figure=$(cat "$LAB_RUN/$1.json" "$LAB_RUN/$1.err")
	[ "$rc" = 0 ]
}

# Blocks of public ports that both boxes say they have given out, each to users of its own.
owned() {
	on "$1" lab_ctl --json show user role=active 2>/dev/null | jq -r '.users[] | .outside as $o
		| (.blocks // [])[] | "\($o) \(.[0])"'
}
owned_once() {
	local twice
	twice=$(cat <(owned a) <(owned b) | sort | uniq -d)
	figure="$(cat <(owned a) <(owned b) | wc -l) blocks"
	[ -z "$twice" ] || figure="by both: $twice"
	[ -z "$twice" ]
}

# p_up: the lab, its probes' servers, and both boxes as they should be.
p_up() {
	t_up
	lab_spawn inet silence "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
	lab_spawn inet probe python3 "$TOP/tests/lab/probe.py" server "$WEB4" 7777
	wait_for 20 probes_served
}
probes_served() {
	in_ns inet ss -Hltn 'sport = :7777' | grep -q . &&
		in_ns inet ss -Hlun 'sport = :7000' | grep -q .
}
