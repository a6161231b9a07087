# shellcheck shell=bash
# The frame of a lab test. A test sources it, sets LAB_ options, calls t_up, states what
# must hold with t_ok, and ends with t_end. Whatever happens, the lab is removed.
# Exit: 0 all held, 1 something did not, 77 this machine cannot run it.

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/lab.sh
. "$TOP/scripts/lib/lab.sh"
# shellcheck source=scripts/lib/measure.sh
. "$TOP/scripts/lib/measure.sh"

t_failed=0
t_labs=()
lab_name "t${LAB_NUMBER:-$$}"

t_clean() {
	local name
	for name in "${t_labs[@]}"; do
		lab_name "$name"
		lab_down || true
	done
}
trap t_clean EXIT
trap 'exit 130' INT TERM HUP

if [ "$(id -u)" != 0 ]; then
	say "skipped: needs root"
	exit 77
fi

# t_lab NAME: this test's lab of that name becomes the current one.
t_lab() { lab_name "t${LAB_NUMBER:-$$}$1"; }

t_up() {
	t_labs+=("${LAB_SUFFIX#-}")
	lab_up
}

# t_ok TEXT COMMAND…: COMMAND must be true; prints the figure it leaves.
t_ok() {
	local text=$1
	shift
	figure=''
	if "$@"; then
		say "ok    $text${figure:+: $figure}"
	else
		say "FAIL  $text${figure:+: $figure}"
		t_failed=$((t_failed + 1))
	fi
}

# t_must TEXT COMMAND…: as t_ok, and without it there is no use in going on.
t_must() {
	local before=$t_failed
	t_ok "$@"
	[ "$t_failed" = "$before" ] || t_end
}

# t_exit STATUS COMMAND…: it ends with just this status; what it says is in $t_out.
t_exit() {
	local want=$1 rc=0
	shift
	t_out=$("$@" 2>&1) || rc=$?
	figure="exit $rc${t_out:+, $(head -n 1 <<<"$t_out")}"
	[ "$rc" = "$want" ]
}

# t_json FILTER ARGUMENTS…: jq's FILTER is true of what cgnctl prints.
t_json() {
	local filter=$1 out
	shift
	if ! out=$(lab_ctl --json "$@" 2>&1); then
		figure=$out
		return 1
	fi
	jq -e "$filter" <<<"$out" >/dev/null || {
		figure="$filter is false of ${out:0:600}"
		return 1
	}
}

# t_clock SECONDS: turns the clock of the box on.
t_clock() { lab_ctl debug clock "$1" >/dev/null; }

t_no_sessions() { t_json '[.boards[].sessions] | add == 0' show board; }

# t_held: users, blocks and ports that the address groups have given out; with the ports
# of servers and those in quarantine.
t_held() {
	lab_ctl --json show address-group | jq -r '[.address_groups[]] |
		"\(map(.users) | add) users, \(map(.blocks_used) | add) blocks, \(
		   map(.ports_held) | add) ports"'
}
t_holds() { [ "$(t_held)" = "$1" ]; }

# t_returned [HELD [SECONDS]]: all sessions idle out, the longest timer is that of established TCP;
# their blocks are in quarantine for two minutes, and then free. HELD: what t_held said at
# the beginning, where users of servers are there for good. SECONDS: how long either may
# take (10).
t_returned() {
	local sessions waiting
	sessions=$(lab_ctl --json show board | jq '[.boards[].sessions] | add')
	t_clock 7441 && wait_for "${2:-10}" t_no_sessions || return 1
	waiting=$(lab_ctl --json show address-group |
		jq '[.address_groups[].ports_quarantined] | add')
	t_clock 121
	if ! wait_for "${2:-10}" t_holds "${1:-0 users, 0 blocks, 0 ports}"; then
		figure="there are $(t_held)"
		return 1
	fi
	figure="$sessions sessions ended, $waiting ports came back from quarantine; $(t_held)"
}

# The daemon leaves with 0 and no sanitizer has spoken.
t_clean_exit() {
	if grep -E 'Sanitizer|runtime error:' "$LAB_RUN/cgnd$LAB_BOX.log"; then
		figure="sanitizer finding"
		return 1
	fi
	lab_stop_cgnd || {
		figure="exit $?: $(grep -aE 'Sanitizer|runtime error' "$LAB_RUN/cgnd$LAB_BOX.log" | head -n 1)"
		grep -aA 25 'ERROR: ' "$LAB_RUN/cgnd$LAB_BOX.log" | head -n 60
		return 1
	}
}

# t_end: stops the daemons of all labs; the verdict.
t_end() {
	local name box
	for name in "${t_labs[@]}"; do
		lab_name "$name"
		for box in $(lab_boxes) ''; do
			lab_box "$box"
			[ ! -e "$LAB_RUN/cgnd$LAB_BOX.conf" ] ||
				t_ok "cgnd$LAB_BOX leaves with 0" t_clean_exit
		done
	done
	[ "$t_failed" = 0 ] || tail -n 15 "$LAB_RUN"/cgnd*.log
	exit $((t_failed > 0))
}
