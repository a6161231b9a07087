#!/usr/bin/env bash
# Two-stage configuration: candidate, commit, commit confirmed, confirm, rollback, history;
# and what is left when the daemon is killed before every step of a commit, and anywhere in
# it: the next start has the old file or the new one, with `confirmed` always the old one.
# KILLS=50 for more kills at random times than 2.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_SESSIONS=4096 LAB_MEMORY=256
t_up
conf=$LAB_RUN/cgnd.conf new=$LAB_RUN/new.conf
cp "$conf" "$LAB_RUN/old.conf"

# with NUMBER: the first configuration with that as timer of UDP, as the file to put.
with() { sed "s|mtu = 1540;|& timers: { udp = $1; };|" "$LAB_RUN/old.conf" >"$new"; }
udp() { lab_ctl --json show config | jq '.config.ds_lite_instances[0].timers.udp'; }
runs() { figure="timers.udp = $(udp)" && [ "$figure" = "timers.udp = $1" ]; }
hash_of() { sha256sum <"$1" | cut -d ' ' -f 1; }
running() { lab_ctl --json show config history | jq -r 'first(.history[] | select(.running)).hash'; }
same() { cmp -s "$conf" "$1" && [ "$(running)" = "$(hash_of "$1")" ]; }
restart() { lab_stop_cgnd && lab_start_cgnd; }
killed() { [ -e "$LAB_RUN/cgnd.rc" ]; }
kill_it() {
	kill -KILL "$(cat "$LAB_RUN/cgnd.pid")"
	wait_for 5 killed && lab_start_cgnd
}

t_ok "the history begins with what was found" t_json \
	'.history | length == 1 and .[0].running and .[0].rollback == 0' show config history
t_ok "by its hash" same "$LAB_RUN/old.conf"

# ---- commit ----

with 71
t_ok "reload FILE" t_json '.reload.count == 1 and .reload.confirm_s == null' \
	reload "$new" comment 'less time'
t_ok "it is the daemon's own file now" same "$new"
t_ok "the history says who and why" t_json '.history[0] | .running and .who == "root" and
	.comment == "less time" and (.time | startswith("20"))' show config history
t_ok "a restart" restart
t_ok "it has survived that" runs 71
with 72
t_ok "diff FILE" t_json '.diff.count == 1' diff "$new"
t_ok "changes nothing" runs 71
with 99 # the candidate is what was checked, whatever becomes of the file
t_ok "commit" t_json '.commit.count == 1' commit
t_ok "puts the candidate into effect" runs 72
t_ok "without one it takes the daemon's own file" t_json '.commit.count == 0' commit

# ---- the candidate ----

with 75
lab_ctl check "$new" >/dev/null
sed -i 's|udp = 75|udp = 0x|' "$new"
t_ok "a file that is wrong" t_exit 1 lab_ctl check "$new"
t_ok "leaves no candidate, not the one before either" t_json '.commit.count == 0' commit
with 75
sed 's|memory_mb = |memory_mb = 1|' "$new" >"$LAB_RUN/restart.conf"
lab_ctl check "$new" >/dev/null
t_ok "diff refuses what needs a restart" t_exit 1 lab_ctl diff "$LAB_RUN/restart.conf"
t_ok "by file, line and key" grep -qE 'restart.conf:[0-9]+: dpdk.memory_mb: changed: needs a restart' <<<"$t_out"
t_ok "there is no candidate then" t_json '.commit.count == 0' commit
t_ok "a reload is refused" t_exit 1 lab_ctl reload "$LAB_RUN/restart.conf"
t_ok "the log has the reason" t_json 'any(.events[]; .reason |
	test("restart.conf:[0-9]+: dpdk.memory_mb: .*at the start$"))' show log
t_ok "nothing has come into effect" runs 72

# ---- rollback ----

t_ok "rollback" t_json '.rollback.count == 1' rollback
t_ok "the configuration before" runs 71
t_ok "rollback 3" t_json '.rollback.count == 1' rollback 3 comment 'the first one'
t_ok "is three back" same "$LAB_RUN/old.conf"
t_ok "of entries with one text the newest runs" t_json \
	'[.history[] | select(.running).rollback] == [0]' show config history
has_table() { lab_ctl show config history | grep -q '^ *0 .* yes .*the first one'; }
t_ok "the history as a table" has_table
t_ok "rollback 99 is refused" t_exit 1 lab_ctl rollback 99

# ---- commit confirmed ----

with 73
lab_ctl check "$new" >/dev/null
t_ok "confirm, and nothing waits for it" t_exit 1 lab_ctl confirm
t_ok "commit confirmed" t_json '.commit.confirm_s == 60' commit confirmed 60
t_ok "is in effect" runs 73
t_ok "the time is shown" t_json '.history[0].confirm_s | . > 50 and . <= 60' show config history
t_ok "confirm" lab_ctl confirm
t_clock 61
t_ok "it stays" runs 73
cp "$conf" "$LAB_RUN/before.conf"
with 74
lab_ctl check "$new" >/dev/null
lab_ctl commit confirmed 60 >/dev/null
t_clock 61
t_ok "not confirmed: it goes back by itself" wait_for 5 runs 73
t_ok "to the same bits" same "$LAB_RUN/before.conf"
t_ok "with an event" t_json 'any(.events[]; .reason | startswith("commit was not confirmed in time"))' show log
lab_ctl check "$new" >/dev/null
lab_ctl commit confirmed 60 >/dev/null
t_ok "a restart before it is confirmed" restart
t_ok "it has the old one" same "$LAB_RUN/before.conf"
t_ok "with an event" t_json 'any(.events[]; .reason | startswith("commit was not confirmed before"))' show log
lab_ctl check "$new" >/dev/null
lab_ctl commit confirmed 60 >/dev/null
t_ok "kill -9 before it is confirmed" kill_it
t_ok "it has the old one" same "$LAB_RUN/before.conf"
cp "$new" "$conf" # by hand
lab_ctl commit confirmed 60 >/dev/null
t_ok "of the daemon's own file, which was edited" runs 74
t_ok "rollback in this time" lab_ctl rollback
t_ok "brings it back, too" same "$LAB_RUN/before.conf"

# ---- kill -9 in a commit ----

# ends WITH COMMAND…: after a kill in COMMAND there is one file or the other, and it runs.
ends() {
	local expected=$1
	wait_for 5 killed && lab_start_cgnd || return 1
	if same "$LAB_RUN/before.conf"; then
		seen_old=$((seen_old + 1))
	elif [ "$expected" = either ] && same "$new"; then
		seen_new=$((seen_new + 1))
	else
		figure="neither of them after $2 (udp $(udp))"
		return 1
	fi
}
seen_old=0 seen_new=0
kill_steps() { # of the steps of a commit: from one of them on it is the new file
	local step turned=''
	for step in 0 3 5 6 7 8 9; do
		lab_ctl debug kill-commit "$step" >/dev/null
		lab_ctl reload "$new" >/dev/null 2>&1
		ends either "step $step" || return 1
		turned+=$seen_new
		lab_ctl reload "$LAB_RUN/before.conf" >/dev/null
	done
	figure="the old file $seen_old times, the new one $seen_new times"
	[[ $turned =~ ^0+1.*$ ]] && [ "$((${turned: -1} + $(tr -dc 0 <<<"$turned" | wc -c)))" = 7 ]
}
kill_confirmed() {
	local step
	for step in 6 7 9; do
		lab_ctl check "$new" >/dev/null
		lab_ctl debug kill-commit "$step" >/dev/null
		lab_ctl commit confirmed 60 >/dev/null 2>&1
		ends old "step $step" || return 1
	done
}
kill_anywhere() {
	local i
	seen_old=0 seen_new=0
	for ((i = 0; i < ${KILLS:-2}; i++)); do
		lab_ctl reload "$new" >/dev/null 2>&1 &
		python3 -c "import random, time; time.sleep(random.random() * 0.06)"
		kill -KILL "$(cat "$LAB_RUN/cgnd.pid")"
		wait $! || true
		ends either "a random time" || return 1
		lab_ctl reload "$LAB_RUN/before.conf" >/dev/null
	done
	figure="the old file $seen_old times, the new one $seen_new times"
}
if lab_ctl help | grep -q 'debug kill-commit'; then
	t_ok "kill -9 before each step of a commit" kill_steps
	t_ok "and of a confirmed one: always the old file" kill_confirmed
fi
t_ok "kill -9 at random times" kill_anywhere
t_end
