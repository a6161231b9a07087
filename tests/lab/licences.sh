#!/usr/bin/env bash
# Licences are changed while traffic runs: below what is in use the reload is refused whole,
# down to the use it works and the limit bites, up again there is room; also beyond the
# tables of the start, as far as the memory reserved then goes.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

silence=$TOP/tests/lab/silence.py
LAB_SESSIONS=8192
t_up
conf=$LAB_RUN/cgnd.conf
cp "$conf" "$LAB_RUN/first.conf"

# license SESSIONS [USERS]: reloads with that licence of the only board.
license() {
	sed "s|{ slot = 1; sessions = [0-9]*; users = [0-9]*;|{ slot = 1; sessions = $1; \
users = ${2:-8192};|" "$LAB_RUN/first.conf" >"$conf"
	lab_ctl reload
}
board() { t_json ".boards[0] | $1" show board; }
dropped() { lab_ctl --json show statistics | jq ".statistics.drops.$1"; }
# flows PORTS REMOTE: PORTS sessions of each of 40 subscribers, to a port of their own.
flows() { in_ns nsub "$CGN_BUILD/tests/lab/flows" 10.0.0.16 "$WEB4" 40 "$1" "$2" 20000; }
# opened PORTS REMOTE WHAT: the same until the board says WHAT: the kernel's rings lose some.
opened() { flows "$1" "$2" && board "$3"; }
clear_flows() { for n in {40000..40005}; do lab_ctl clear session remote="$WEB4:$n"; done; }

lab_spawn inet silence python3 "$silence" serve "$WEB4" 7000
t_must "ping" m_ping sub "$WEB4"
in_ns nsub python3 "$silence" run "$WEB4" 7000 12 >"$LAB_RUN/nsub.udp" 2>&1 &
flow=$!
t_ok "4000 sessions" wait_for 20 opened 100 1 '.sessions > 4000 and .sessions < 4100 and
	.sessions_licensed == 8192 and .users > 40 and .users < 50'

t_ok "fewer than are in use: refused" t_exit 1 license 2048 32
t_ok "by name, with the figures" [ "$(grep -cE 'license\[1\]\.(sessions: 2048|users: 32) is below what is in use: CPU 1/0 has [0-9]+, its share would be (2048|32)$' <<<"$t_out")" = 2 ]
t_ok "and nothing has changed" board '.sessions_licensed == 8192 and .users_licensed == 8192'

t_ok "as many as are in use" t_exit 0 license 4096 64
t_ok "are shown" board '.sessions_licensed == 4096 and .users_licensed == 64'
t_ok "4000 more do not find room" wait_for 20 opened 100 2 '.sessions == 4096'
t_ok "and are counted" [ "$(dropped sessions_full)" -gt 3000 ]

t_ok "more than ever before" t_exit 0 license 32768
t_ok "20000 more find room, in larger tables" wait_for 20 opened 100 6 \
	'.sessions > 24000 and .sessions_licensed == 32768'
t_ok "and the first ones are still there" t_json '.sessions | length == 100' \
	show session remote="$WEB4:40000" limit=100

most=$(lab_ctl --json show board | jq '.boards[0].sessions_most')
t_ok "more than memory was reserved for: refused" t_exit 1 license $((most + 1))
t_ok "with the figure" grep -qE "license\[1\]\.sessions: $((most + 1)) needs a restart: .*holds $most\$" \
	<<<"$t_out"
t_ok "all that there is" t_exit 0 license "$most"

# shellcheck disable=SC2016  # for eval
t_ok "a feature in use: refused" t_exit 1 eval \
	'sed "s|ds_lite = true|ds_lite = false|" "$LAB_RUN/first.conf" >"$conf"; lab_ctl reload'
t_ok "by name" grep -q 'whose licence lacks ds_lite = true' <<<"$t_out"
# shellcheck disable=SC2016
t_ok "with its instance" t_exit 0 eval \
	'sed "s|ds_lite = true|ds_lite = false|; /^ds_lite_instances/,/mtu = .*} );\$/d" \
		"$LAB_RUN/first.conf" >"$conf"; clear_flows; lab_ctl reload'
t_ok "NAT44 goes on" m_ping nsub "$WEB4"
# shellcheck disable=SC2016
t_ok "and all is back" t_exit 0 eval 'cp "$LAB_RUN/first.conf" "$conf"; lab_ctl reload'
t_ok "DS-Lite too" m_ping sub "$WEB4"

flawless() {
	local sent lost gap ends
	wait "$flow" || return 1
	read -r sent lost gap ends <"$LAB_RUN/nsub.udp"
	figure="$sent packets, $lost lost, longest silence $gap ms, seen as $ends"
	[ "$lost" -le 12 ] && [ "$(wc -w <<<"$ends")" = 1 ]
}
t_ok "one packet a millisecond all the while" flawless
t_end
