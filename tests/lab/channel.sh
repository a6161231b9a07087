#!/usr/bin/env bash
# The channel between two boxes over a link with every fault: what box a has, box b has in
# the end; a link that is cut, or works one way, is noticed by both; what is played back is
# refused. Figures are printed.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$(dirname "$0")/pair.sh"

LAB_CHASSIS=1:1
users=32 made=0
t_up
t_must "box a works, box b has a complete copy" later 20 home

# --- the bad link takes the place of the switch ----------------------------------------

for end in to-cgn-a to-cgn-b; do ip -n "wire$LAB_SUFFIX" link set "$end" nomaster; done
coproc PROXY { in_ns wire "$CGN_BUILD/tests/lab/linkproxy" --seed 1 to-cgn-a to-cgn-b; }
read -r _ <&"${PROXY[0]}"
link() { # link COMMAND…: each a line
	local line said
	for line in "$@"; do
		printf '%s\n' "$line" >&"${PROXY[1]}"
		read -r -t 30 said <&"${PROXY[0]}" && [ "$said" = ok ] || return 1
	done
}

# --- what both say ----------------------------------------------------------------------

channel() { on "$1" lab_ctl --json show ha | jq -r ".ha.channels[0] | $2"; }
both() { # both WANT: the state that both channels are in
	local got
	got="$(channel a .state) $(channel b .state)"
	figure=$got
	[[ $got =~ ^($1)\ ($1)$ ]]
}
sessions() { # sessions BOX KEY
	on "$1" lab_ctl --json show service-location 1 | jq ".service_locations[0].$2"
}
same() {
	local here there
	here=$(sessions a sessions) there=$(sessions b standby_sessions)
	figure="$here sessions, $there copies"
	[ "$here" = "$there" ] && [ "$here" -ge $((made * users * 16)) ]
}

# opened FAULTS…: sessions are opened over such a link, and box b has them all.
opened() {
	local from=$EPOCHREALTIME rc=0 first last
	first=$(channel a '[.sent, .resent, .bytes_sent] | @tsv')
	link "$@" || return 1
	made=$((made + 1))
	in_ns nsub "$CGN_BUILD/tests/lab/flows" "10.0.$((3 + made)).0" 192.0.2.200 "$users" 8 8 \
		20000
	wait_for 30 same || rc=1
	last=$(channel a '[.sent, .resent, .bytes_sent, .lag_p99_ms] | @tsv')
	figure="$figure; $(awk -v a="$from" -v b="$EPOCHREALTIME" '{
		printf "%.1f s, %d records, %d sent again, %d bytes, lag p99 %s ms",
			b - a, $4 - $1, $5 - $2, $6 - $3, $7 }' <<<"$first	$last")"
	link reset
	return "$rc"
}

t_must "a good link, recorded" opened "save $LAB_RUN/saved"
t_ok "loss 30 %" opened 'loss 30'
t_ok "delay 500 ms, jitter 100 ms" opened 'delay 500' 'jitter 100'
t_ok "MTU 1280; reorder 50 % in 100 ms, duplicate 20 %, corrupt 10 %, truncate 10 %" \
	opened 'mtu 1280' 'reorder 50' 'late 100' 'duplicate 20' 'corrupt 10' 'truncate 10'
t_ok "what was damaged was rejected" [ "$(channel b .rejected_by.auth)" -gt 0 ]

# --- cuts -------------------------------------------------------------------------------

link 'cut on'
t_ok "cut: both notice" later 5 both 'down|connecting'
t_ok "opened meanwhile, copied when it is back" opened 'cut off'
t_ok "both are in step" later 10 both realtime
link 'ab cut on'
t_ok "one way only: neither believes to be in step" later 5 both 'down|connecting'
link reset
t_ok "both are in step again" later 10 both realtime
t_ok "no peer has started anew" [ "$(channel a .restarts) $(channel b .restarts)" = "0 0" ]

# --- recordings -------------------------------------------------------------------------

rejected_since() {
	figure="$(($(channel b .rejected_by.replay) - $1)) datagrams"
	[ "${figure% *}" -gt 10 ]
}
refused() {
	local before
	before=$(channel b .rejected_by.replay)
	link "play $LAB_RUN/saved ab" || return 1
	wait_for 5 rejected_since "$before"
}
t_ok "what was recorded in the beginning is refused" refused
t_ok "it changed nothing" same
t_ok "both are in step still" both realtime
fd=${PROXY[1]} pid=$PROXY_PID
exec {fd}>&-
wait "$pid" || true
t_end
