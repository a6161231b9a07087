#!/usr/bin/env bash
# Two boards, each with a location whose copy is on the other: TCP connections and UDP flows
# go on when a board is shut down, when it comes back and takes its location again, and when
# the other one is shut down then; with the same public addresses and ports.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_BACKUP=1
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 1; detect_ms = 100;'
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
copied() { t_json '.service_locations | (map(.standby_sessions) | add) >= 8 and
	(map(.standby_users) | add) == (map(.users) | add)' show service-location; }
ends() { lab_ctl --json show session role=active |
	jq -c '[.sessions[] | select(.remote | endswith(":7777")) |
	       [.proto, .softwire, .inside, .outside]] | sort'; }
same_ends() { [ "$(ends)" = "$before" ]; }
alive() { local n
	for n in "${subs[@]}"; do
		kill -0 "$(cat "$LAB_RUN/$n.pid")" 2>/dev/null || return 1
	done
}

t_up
lab_spawn inet probe python3 "$probe" server "$WEB4" 7777
t_must "both copies are complete" later 15 finished
for n in "${subs[@]}"; do
	t_must "$n: ping" m_ping "$n" "$WEB4"
	ip netns exec "$n$LAB_SUFFIX" python3 "$probe" client "$WEB4" 7777 \
		"$LAB_RUN/stop" >"$LAB_RUN/$n.json" 2>"$LAB_RUN/$n.err" &
	echo $! >"$LAB_RUN/$n.pid"
done
t_must "connections are at the standby" later 10 copied
t_ok "and shown there" t_json '.sessions | length >= 8 and all(.role == "standby")' \
	show session role=standby
before=$(ends)
t_ok "board 1 is shut down" lab_quiet board shutdown 1
t_ok "board 2 hosts both locations" later 5 on 2 2
t_ok "same addresses and ports" same_ends
sleep 1
t_ok "all connections live" alive
t_ok "board 1 is started" lab_quiet board start 1
t_ok "its location comes home" later 20 on 1 1
t_ok "same addresses and ports" same_ends
t_ok "copies are complete again" later 15 finished
t_ok "a batch by hand" lab_quiet ha batch-backup
t_ok "is finished" later 15 finished
t_ok "board 2 is shut down" lab_quiet board shutdown 2
t_ok "board 1 hosts both locations" later 5 on 1 2
t_ok "same addresses and ports" same_ends
sleep 1
touch "$LAB_RUN/stop"
for n in "${subs[@]}"; do
	rc=0
	wait "$(cat "$LAB_RUN/$n.pid")" || rc=$?
	t_ok "$n: nothing broke: $(cat "$LAB_RUN/$n.json" "$LAB_RUN/$n.err")" [ "$rc" = 0 ]
done
t_end
