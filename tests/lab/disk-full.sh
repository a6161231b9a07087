#!/usr/bin/env bash
# The disk of the history is full, then read-only: what would have to write there is refused,
# and the daemon's own file is reloaded all the same. Nobody reads the log any more: lines
# are lost and counted. A flow of one packet a millisecond notices nothing of it.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# In a mount namespace of its own, which ends with the test and its mount with it.
if [ "${IN_OWN_MOUNTS:-}" != 1 ]; then
	IN_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0"
fi

state=$LAB_RUN/state
lab_make_more() { mkdir "$state" && mount -t tmpfs -o size=64k tmpfs "$state"; }
LAB_CONFIG=$(mktemp)
LAB_TUNNEL_MTU=1540
lab_conf | sed "s|run_dir = \"[^\"]*\"|run_dir = \"@RUN_DIR@\"; state_dir = \"$state\"|" >"$LAB_CONFIG"
trap 'umount "$state"; t_clean; rm -f "$LAB_CONFIG"' EXIT
t_up
conf=$LAB_RUN/cgnd.conf new=$LAB_RUN/new.conf
with() { sed "s|mtu = 1540;|& timers: { udp = $1; };|" "$LAB_CONFIG" | sed "s|@RUN_DIR@|$LAB_RUN/cgnd|"; }
udp() { lab_ctl --json show config | jq '.config.ds_lite_instances[0].timers.udp'; }
runs() { figure="timers.udp = $(udp)" && [ "$figure" = "timers.udp = $1" ]; }
told() { t_json "any(.events[]; .reason | test(\"$1\"))" show log; }

lab_spawn inet silence python3 "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
t_must "a user" m_ping nsub "$WEB4"
in_ns nsub python3 "$TOP/tests/lab/silence.py" run "$WEB4" 7000 60 0 "$LAB_RUN/stop" \
	>"$LAB_RUN/flow" 2>&1 &
flow=$!
there() { t_json 'any(.sessions[]; .remote | endswith(":7000"))' show session; }
t_must "a flow" wait_for 10 there

with 71 >"$new"
cp "$conf" "$LAB_RUN/before.conf"
# refused WHY: what has to write is, and nothing has changed.
refused() {
	t_exit 1 lab_ctl reload "$new" && grep -q "$1" <<<"$t_out" &&
		lab_ctl check "$new" >/dev/null && t_exit 1 lab_ctl commit confirmed 60 &&
		runs 300 && cmp -s "$conf" "$LAB_RUN/before.conf"
}
own() { # own SECONDS: the daemon's own file, edited
	with "$1" >"$conf" && lab_ctl reload "$conf" >/dev/null && runs "$1"
}
dd if=/dev/zero of="$state/fill" bs=4k >/dev/null 2>&1 || true
t_ok "full: what must be written is refused" refused 'No space left'
t_ok "full: the daemon's own file is reloaded" own 72
t_ok "and it is said that the history lacks it" told 'not written there: No space left'
rm "$state/fill"
cp "$LAB_RUN/before.conf" "$conf" && lab_ctl reload >/dev/null
mount -o remount,ro "$state"
t_ok "read-only: refused" refused 'Read-only'
t_ok "read-only: the daemon's own file is reloaded" own 73
mount -o remount,rw "$state"
t_ok "writable again" t_exit 0 lab_ctl reload "$new"
t_ok "and in the history" t_json '.history[0].running' show config history
touch "$LAB_RUN/stop"
flawless() {
	wait "$flow" || return 1
	read -r sent lost gap ends <"$LAB_RUN/flow"
	figure="$sent packets, $lost lost, longest silence $gap ms, seen as $ends"
	[ "$lost" = 0 ] && [ "$(wc -w <<<"$ends")" = 1 ]
}
t_ok "the flow noticed nothing" flawless

# ---- a journal that does not read ----

lab_stop_cgnd
mkfifo "$LAB_RUN/journal"
exec 9<>"$LAB_RUN/journal"
rm -f "$LAB_RUN/cgnd.rc"
{
	rc=0
	in_ns cgn "$CGN_BUILD/cgnd" -c "$conf" </dev/null >"$LAB_RUN/cgnd.log" 2>&9 9>&- || rc=$?
	echo "$rc" >"$LAB_RUN/cgnd.rc"
} &
wait_for 60 test -s "$LAB_RUN/cgnd/cgnd.pid" && cp "$LAB_RUN/cgnd/cgnd.pid" "$LAB_RUN/cgnd.pid"
t_must "it starts" wait_for 60 grep -q '^cgnd: ready' "$LAB_RUN/cgnd.log"
t_must "a user" m_ping nsub "$WEB4"
rm -f "$LAB_RUN/stop" "$LAB_RUN/flow"
in_ns nsub python3 "$TOP/tests/lab/silence.py" run "$WEB4" 7000 60 0 "$LAB_RUN/stop" \
	>"$LAB_RUN/flow" 2>&1 &
flow=$!
t_must "a flow" wait_for 10 there
many_lines() { # more than a pipe holds
	python3 - "$LAB_RUN/cgnd/cgnd.sock" <<-'PY'
		import json, socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		for i in range(2500):
		    f.write(json.dumps({"argv": ["clear", "session", "inside=10.9.9.9"]}) + "\n")
		    f.flush()
		    while "exit" not in json.loads(f.readline()):
		        pass
		    time.sleep(0.001)
	PY
}
t_ok "2500 lines that nobody reads" many_lines
t_ok "it answers" t_json '.boards | length == 1' show board
touch "$LAB_RUN/stop"
t_ok "the flow noticed nothing" flawless
cat <&9 >"$LAB_RUN/read" &
reader=$!
sleep 0.3
lab_ctl clear session inside=10.9.9.9 >/dev/null
gap() {
	figure=$(grep -o '[0-9]* lines are missing' "$LAB_RUN/read")
	[ "$(($(grep -c 'clear session' "$LAB_RUN/read") + ${figure%% *}))" = 2501 ]
}
t_ok "the gap is told, and its size" wait_for 5 gap
kill "$reader"
t_end
