#!/usr/bin/env bash
# The channel between two boxes is cut under load: both notice it, nobody else does, the
# copy is complete soon after it is back. It flaps ten times a second, and no copy begins
# anew. It works in one direction only. The keys differ. And box a is killed during a cut:
# what is lost is just what was opened since.
# LOAD=N: so many times as many sessions; FLAPS=N: seconds, 300 for the whole test.
# Runs alone: two boxes and their link want their CPUs.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"
# shellcheck source=tests/lab/badlink.sh
. "$TOP/tests/lab/badlink.sh"

load=${LOAD:-1} flaps=${FLAPS:-3}
LAB_POLICY+=" timers: { udp = $((flaps + 300)); };" # sessions must outlive the flaps

memory() { awk '/VmRSS/ { print $2 }' "/proc/$(cat "$LAB_RUN/cgnd-a.pid")/status"; }

# --- cut and back -----------------------------------------------------------------------------

bounded() { # bounded KB BYTES
	figure="$((($(memory) - $1) / 1024)) MB more of memory, $((($(channel a .bytes_sent) - \
		$2) / 1024)) KB sent meanwhile"
	[ "${figure%% *}" -lt 16 ]
}
cut() {
	kb=$(memory) bytes=$(channel a .bytes_sent)
	link 'cut on' && later 5 both 'down|connecting'
}
back() {
	local from=$EPOCHREALTIME sent rc=0
	sent=$(channel a .sent)
	link 'cut off'
	alike || rc=1
	figure+="; after $(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s,"
	figure+=" $(($(channel a .sent) - sent)) records, $(channel a .lost) lost"
	return "$rc"
}

p_up
t_must "box a works, box b has a complete copy" later 20 home
link_bad
t_ok "sessions" sessions 10.0.16.0 192.0.2.200
t_ok "box b has them" alike
listen
witness
t_ok "cut: both notice" cut
t_ok "sessions under the cut" sessions 10.0.32.0 192.0.2.201 $((32 * load))
sleep 1.5 # they are as old as delay_time, and would be copied
t_ok "what waits is bounded" bounded "$kb" "$bytes"
t_ok "back: box b gets all of it" back
t_ok "both are in step" later 10 both realtime
t_ok "nobody else noticed" witness_end 0
t_ok "no role has changed, no copy begun anew" unsaid

# --- flaps ----------------------------------------------------------------------------------------

flapping() {
	local n
	sessions 10.0.40.0 192.0.2.202 &
	for ((n = 0; n < 10 * flaps; n++)); do
		link 'cut on' && sleep 0.05 && link 'cut off' && sleep 0.05
	done
	wait "$!"
}
witness
t_ok "cut and back, 10 times a second, for $flaps s" flapping
t_ok "box b has all that was opened" alike
t_ok "nobody else noticed" witness_end 0
t_ok "no role has changed, no copy begun anew" unsaid

# --- one way, wrong keys ----------------------------------------------------------------------------

one_way() { # one_way ab|ba
	link "$1 cut on" && later 5 both 'down|connecting' || return 1
	local said=$figure
	link reset && later 10 both realtime && figure="$said; back after $figure"
}
t_ok "box b hears nothing: neither believes to be in step" one_way ab
t_ok "box a hears nothing: neither believes to be in step" one_way ba

counted() { [ "$(channel a .rejected_by.auth)" -gt "$auth_a" ] &&
	[ "$(channel b .rejected_by.auth)" -gt "$auth_b" ]; }
alarmed() {
	on "$1" t_json '[.events[].reason] | any(test("channel to .*: alarm: "))' show log
}
wrong_key() {
	auth_a=$(channel a .rejected_by.auth) auth_b=$(channel b .rejected_by.auth)
	head -c 32 /dev/urandom >"$LAB_KEY_B"
	on b quiet lab_ctl reload && later 5 both down
}
right_key() {
	cat "$LAB_RUN/ha.key" >"$LAB_KEY_B"
	on b quiet lab_ctl reload && later 10 both realtime
}
t_ok "another key: the channel is down" wrong_key
t_ok "both count it" wait_for 5 counted
t_ok "both have an alarm" wait_for 5 alarmed a
t_ok "both have an alarm" wait_for 5 alarmed b
t_ok "the right key: it is up" right_key
t_ok "it was the same session, and the same copy" unsaid
t_ok "both have the same" alike

# --- killed during a cut ------------------------------------------------------------------------------

# lost_since: of what box a had, all that was there before the cut is at box b, and nothing
# else.
lost_since() {
	local young
	kept b || return 1
	young=$(entries b active | grep -c 192.0.2.203 || true)
	figure+="; $((since - young)) of $since sessions opened since the cut are lost"
	[ "$young" = 0 ]
}
witness
t_ok "box b has all" wait_for 20 witnessed
keep
t_ok "cut" cut
copied_s=$EPOCHREALTIME
t_ok "sessions under the cut" sessions 10.0.48.0 192.0.2.203
since=$((16 * 16 * 8))
sleep 1
box_dies a "$(awk -v a="$copied_s" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
t_ok "box a is killed: box b works" later 20 roles b
t_ok "lost is what was opened since the cut" lost_since
link reset
on a lab_start_cgnd
t_ok "box a is back" later 40 home
t_ok "probes kept address and port" witness_end 1000
t_ok "both have the same" alike
t_ok "ledger" ledger
link_end
t_end
