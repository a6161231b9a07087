#!/usr/bin/env bash
# Two boxes that cannot hear each other. Adverts are lost while the channel lives: there is
# no second master. Everything is cut: both work, no public address and port has two owners,
# though the addresses become more than half full;
# when they meet again the lower one yields, and the other one tells its neighbours once
# more. And a box is killed behind a switch that swallows announcements, and one that has
# them late.
# APART=N: so many seconds apart, ADOPT=N: ha.adopt_delay, LATE=MS: how late.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"
# shellcheck source=tests/lab/badlink.sh
. "$TOP/tests/lab/badlink.sh"

apart=${APART:-2} round=0 late=${LATE:-1500}
LAB_POOL2=30 # 4 addresses: 4032 blocks of 64 ports

# apart SWITCH…: on these the boxes do not hear each other; together: everywhere.
apart() { for switch; do lab_apart "$switch" on; done; }
together() { for switch in access core wire; do lab_apart "$switch" off; done; }
rival() { # box b has been elected by those who hear it
	on b t_json '[.vrrp[].state] | unique == ["master"]' show vrrp
}
stays() { # stays SECONDS WANT: these are the roles all the time
	local end=$((SECONDS + $1))
	while [ "$SECONDS" -lt "$end" ]; do roles "$2" || return 1; done
}
announced() { on "$1" lab_ctl --json show vrrp | jq '[.vrrp[].statistics.announcements] | add'; }
announces() { # announces BOX BEFORE
	figure="$(($(announced "$1") - $2)) announcements"
	[ "${figure% *}" -gt 0 ]
}
said() { on "$1" t_json "[.events[].reason] | any(test(\"$2\"))" show log; }

p_up
t_must "box a works, box b has a complete copy" later 20 home
for ns in sub nsub; do
	t_must "$ns: ping" m_ping "$ns" "$WEB4"
	connect "$ns"
done
t_ok "sessions" sessions 10.0.16.0 192.0.2.200
t_ok "box b has them" alike

# --- adverts are lost ---------------------------------------------------------------------------

listen
witness
apart access core
t_ok "adverts are lost: box b is elected" later 5 rival
t_ok "it does not work beside box a" stays 2 a
t_ok "what comes to it goes on to box a" m_ping nsub "$WEB4"
together
t_ok "adverts are back" wait_for 10 on b t_json '[.vrrp[].state] | unique == ["backup"]' show vrrp
t_ok "flows went on" witness_end 1000
t_ok "the copy is still good" alike

# --- everything is cut ----------------------------------------------------------------------------

# Thousands of new users: packets go now to this box, now to that, as the switches learn.
new_users() {
	local n
	for ((n = 0; n < 40; n++)); do
		in_ns nsub "$CGN_BUILD/tests/lab/flows" \
			"10.$((16 + round)).$((n / 4)).$((n % 4 * 64))" 192.0.2.201 64 1 1 20000
		sleep 0.02
	done
}
users_of() {
	on "$1" lab_ctl --json show user role=active |
		jq "[.users[] | select(.inside // \"\" | startswith(\"10.$((16 + round)).\"))] | length"
}
both_gave() {
	figure="$(users_of a) new users at box a, $(users_of b) at box b"
	[[ ! $figure =~ ^0|\ 0\ new ]]
}
# released LEAST: so many blocks, by box b.
released() {
	[ "$(grep -c ' cgn-b cgnd - block-release ' "$LAB_RUN/log/ledger")" -ge "$1" ]
}
# heal WHY SWITCH: there they hear each other first, and then everywhere.
heal() {
	local before pid
	round=$((round + 1))
	new_users &
	pid=$!
	t_ok "everything is cut while there are new users" apart access core wire
	t_ok "both work" later 5 roles ab
	sleep "$apart"
	wait "$pid"
	t_ok "both have some" both_gave
	t_ok "no port has two owners" ledger
	before=$(announced a)
	lab_apart "$2" off
	t_ok "together again, on $2 first: the lower one yields" later 5 roles a
	t_ok "and says why" said b "$1"
	together
	t_ok "the other one announces itself" later 5 announces a "$before"
	t_ok "what box b had is replaced by a copy" alike
	t_ok "and its end is in the log" wait_for 5 released $((63 * round))
	t_ok "everybody reaches the Internet" m_ping nsub "$WEB4"
}
heal "another master has a higher priority" access
heal "both translated, the other box has the higher rank" wire
t_ok "ledger" ledger

# --- announcements are swallowed, or late -----------------------------------------------------------------

# Gratuitous ARP and unsolicited advertisements of the virtual addresses.
swallow() {
	in_ns core nft -f - <<-NFT
		table bridge lab {
			chain f {
				type filter hook forward priority 0;
				arp saddr ip $BOX_OUT4 arp daddr ip $BOX_OUT4 drop
				ether daddr 33:33:00:00:00:01 icmpv6 type nd-neighbor-advert drop
			}
		}
	NFT
}
late() { link_late access b && link "announce $late"; }
t_ok "a switch swallows announcements" swallow
t_ok "another one has those of box b ${late} ms later" late
t_ok "box b has a copy" later 20 home
witness
t_ok "box b has the flows" wait_for 20 witnessed
keep
box_dies a
t_ok "box a is killed: box b works" later 20 roles b
t_ok "with all that box a had" kept b
sleep 0.5
t_ok "flows went on" witness_end 1000
lab_hear core
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through all of it" connected "$ns"; done
t_ok "ledger" ledger
link_end
t_end
