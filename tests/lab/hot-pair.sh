#!/usr/bin/env bash
# Two boxes whose virtual routers and channel are changed while they run: priorities (the
# other box takes over, and gives back), the time between adverts, what is copied; with two
# connections and two flows that live through all of it.
# Runs alone: two boxes want their CPUs.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"

LAB_CHASSIS=1:1 LAB_HA='detect_ms = 200;' LAB_SESSIONS=16384
p_up
t_must "box a works, box b has a copy" later 20 home
for ns in sub nsub; do
	t_must "$ns: ping" m_ping "$ns" "$WEB4"
	connect "$ns"
done
t_must "box b knows the connections" later 20 remembered b

# edit BOX SED-SCRIPT
edit() {
	local conf=$LAB_RUN/cgnd-$1.conf
	sed "$2" "$conf" >"$LAB_RUN/next.conf"
	cmp -s "$conf" "$LAB_RUN/next.conf" && figure="nothing to change: $2" && return 1
	figure=$(on "$1" lab_ctl reload "$LAB_RUN/next.conf" 2>&1) && figure=''
}
transitions() { lab_ctl --json show vrrp | jq -c '[.vrrp[].transitions | length]'; }

t_ok "box a: priority 50 instead of 200" edit a 's/ priority = 200/ priority = 50/'
t_ok "box b takes over" later 20 roles b
t_ok "box a has a copy" later 20 copied a 1
t_ok "priority 200 again" edit a 's/ priority = 50/ priority = 200/'
t_ok "box a works again" later 30 home
before=$(on a transitions; on b transitions)
t_ok "box a: adverts every 50 ms" edit a 's/advert_ms = 100/advert_ms = 50/'
t_ok "box b, too" edit b 's/advert_ms = 100/advert_ms = 50/'
sleep 1
t_ok "nobody has changed places" [ "$(on a transitions; on b transitions)" = "$before" ]
differs() { # so many things of the two configurations
	figure=$(on b lab_ctl --json show ha | jq -r '.ha.channels[0].mismatches | length')
	[ "$figure" = "$1" ]
}
t_ok "box a: users are copied, sessions are not" edit a 's/hot_backup = true/hot_backup = false/'
t_ok "box b sees that this is not its configuration" later 10 differs 1
t_ok "box b, too" edit b 's/hot_backup = true/hot_backup = false/'
t_ok "they agree" later 20 differs 0
t_ok "sessions again" edit a 's/hot_backup = false/hot_backup = true/'
t_ok "on both" edit b 's/hot_backup = false/hot_backup = true/'
t_ok "box b knows the connections" later 30 remembered b
t_ok "box a works still" roles a
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through all of it" connected "$ns"; done
t_end
