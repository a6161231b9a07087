#!/usr/bin/env bash
# Two boards, each with a location whose copy is on the other, both with ten thousand
# sessions and traffic: copies are the same, entry by entry. TCP connections and UDP flows
# go on, with the same public addresses and ports, when a board is shut down and the other
# carries all, when it comes back and takes its location again, and when a location is
# switched by hand. Planned moves take along sessions that are too young to have a copy.
# Runs alone: others would be in what it measures.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_BACKUP=1
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 1; detect_ms = 1000;'
probe=$TOP/tests/lab/probe.py
subs=(sub sub2 sub3 sub4)

# later SECONDS COMMAND…: true within that time; how it was before is not told.
later() { wait_for "$@" && figure=''; }
lab_quiet() { lab_ctl "$@" >/dev/null; }
# on SLOT N: the board hosts N locations.
on() { t_json "[.service_locations[] | select(.current.slot == $1)] | length == $2" \
	show service-location; }
finished() { t_json '.service_locations | all(.batch_backup == "finished")' \
	show service-location; }
copied() { t_json '.service_locations | all(.standby_sessions == .sessions
	and .standby_users == .users)' show service-location; }
ends() { lab_ctl --json show session role=active |
	jq -c '[.sessions[] | select(.remote | endswith(":7777")) |
	       [.proto, .softwire, .inside, .outside]] | sort'; }
same_ends() { [ "$(ends)" = "$before" ]; }
alive() { local n
	for n in "${subs[@]}"; do
		kill -0 "$(cat "$LAB_RUN/$n.pid")" 2>/dev/null || return 1
	done
}

# table KIND ROLE: all of it that says who has what.
table() {
	lab_ctl --json show "$1" role="$2" | jq -c ".${1}s[] | [.instance, .proto, .softwire,
		.inside, .outside, .remote, .blocks, .location]" | sort
}
# equal KIND: hosts and standbys have the same entries.
equal() {
	table "$1" active >"$LAB_RUN/active"
	table "$1" standby >"$LAB_RUN/standby"
	figure="$(wc -l <"$LAB_RUN/active") entries, $(diff "$LAB_RUN/active" \
		"$LAB_RUN/standby" | grep -c '^[<>]') differ"
	[ -s "$LAB_RUN/active" ] && cmp -s "$LAB_RUN/active" "$LAB_RUN/standby"
}
all_sessions() { lab_ctl --json show service-location |
	jq '[.service_locations[].sessions] | add'; }
all_there() {
	figure="$(all_sessions) of $sessions sessions"
	[ "$(all_sessions)" -ge "$sessions" ]
}
loaded() { t_json '.service_locations | all(.sessions > 4000)' show service-location; }
# flows REMOTE RATE: of 100 users, 50 ports each, to two ports there.
flows() { in_ns nsub "$CGN_BUILD/tests/lab/flows" 10.0.0.16 "$1" 100 50 2 "$2"; }

t_up
lab_spawn inet probe python3 "$probe" server "$WEB4" 7777
t_must "both copies are complete" later 15 finished
t_ok "the event" t_json '[.events[].reason | select(test("batch backup to cgn-[12]-0 finished"))]
	| length == 2' show log
# Packets of many sessions, over and over.
(while [ ! -e "$LAB_RUN/stop" ]; do flows 192.0.2.201 5000 || break; done) &
t_must "both boards have sessions" later 15 loaded
for n in "${subs[@]}"; do
	t_must "$n: ping" m_ping "$n" "$WEB4"
	ip netns exec "$n$LAB_SUFFIX" python3 "$probe" client "$WEB4" 7777 \
		"$LAB_RUN/stop" >"$LAB_RUN/$n.json" 2>"$LAB_RUN/$n.err" &
	echo $! >"$LAB_RUN/$n.pid"
done
lab_ctl clear session proto=icmp >/dev/null # they would not last as long as this
t_must "all of them are at the standbys" later 10 copied
t_ok "users are the same at both" wait_for 5 equal user
t_ok "and so are sessions" wait_for 5 equal session
before=$(ends)

t_ok "young sessions, which have no copy" flows 192.0.2.202 20000
sessions=$(all_sessions)
t_ok "board 1 is shut down" lab_quiet board shutdown 1
t_ok "board 2 carries all" later 5 on 2 2
t_ok "nothing is missing" all_there
t_ok "same addresses and ports" same_ends
t_ok "all connections live" alive
t_ok "board 1 is started" lab_quiet board start 1
t_ok "its location comes home" later 20 on 1 1
t_ok "nothing is missing" all_there
t_ok "same addresses and ports" same_ends
t_ok "copies are complete again" later 15 finished

t_ok "young sessions again" flows 192.0.2.203 20000
sessions=$(all_sessions)
t_ok "location 1 is switched by hand" lab_quiet ha switch 1
t_ok "board 2 hosts both" on 2 2
t_ok "nothing is missing" all_there
t_ok "a batch by hand" lab_quiet ha batch-backup
t_ok "is finished" later 15 finished
t_ok "longer than preempt_time it stays" on 2 2
t_ok "board 2 is shut down" lab_quiet board shutdown 2
t_ok "board 1 carries all" later 5 on 1 2
t_ok "nothing is missing" all_there
t_ok "same addresses and ports" same_ends
t_ok "nothing to switch to: refused" t_exit 1 lab_ctl ha switch 1
t_ok "no such location: refused" t_exit 1 lab_ctl ha switch 9
touch "$LAB_RUN/stop"
for n in "${subs[@]}"; do
	rc=0
	wait "$(cat "$LAB_RUN/$n.pid")" || rc=$?
	t_ok "$n: nothing broke: $(cat "$LAB_RUN/$n.json" "$LAB_RUN/$n.err")" [ "$rc" = 0 ]
done
t_end
