#!/usr/bin/env bash
# Two boxes under traffic: the master is killed and comes back, hands over as told, loses
# its links, its board, and what
# is behind its link. Flows and connections keep public address and port, FTP control
# connections go on with PORT and PASV. How long flows are silent is printed: least, median,
# most of $RUNS runs, with $ADVERT_MS between adverts.
# For figures: RUNS=20 RATE=1000 ADVERT_MS=10, and nothing else on the machine; KINDS="kill
# switch" for some of the faults only.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lab/pair.sh
. "$TOP/tests/lab/pair.sh"

LAB_CHASSIS=1:1 LAB_ADVERT_MS=${ADVERT_MS:-100}
export RATE=${RATE:-200}
KINDS=${KINDS:-kill switch access core hop board stop}
LAB_TRACK="{ next_hop = \"$INET4\"; reduced = 150; }"
LAB_HA='detect_ms = 100; block_commit = "synchronous";' LAB_POLICY='alg = [ "ftp" ];'

killed() { on a lab_kill_cgnd; }
restarted() { on a lab_start_cgnd; }
switched() { on a quiet lab_ctl ha switch 1; }
# On a busy machine it may have come back by itself.
returned() { wait_for 30 sent_back; }
sent_back() { on b quiet lab_ctl ha switch 1 2>/dev/null || roles a; }
cut() { lab_cut "$1" cgn-a; }
mended() { lab_mend "$1" cgn-a; }
access_down() { cut access; }
access_up() { mended access; }
core_down() { cut core; }
core_up() { mended core; }
# Both links are up, but the router outside answers box a no ARP.
hop_down() {
	in_ns core nft -f - <<-NFT
		table bridge lab {
			chain f {
				type filter hook forward priority 0;
				iifname to-inet oifname to-cgn-a ether type arp drop
			}
		}
	NFT
}
hop_up() {
	on a t_json '[.events[].reason] | any(. == "outside: next hop '"$INET4"' does not answer")' \
		show log && lab_hear core
}
board_down() { on a quiet lab_ctl board shutdown 1; }
board_up() { on a quiet lab_ctl board start 1; }
signal_a() { kill -s "$1" "$(cat "$LAB_RUN/cgnd-a.pid")"; }
stopped() {
	signal_a STOP
	wait_for 20 on b active
	signal_a CONT
}
active() { t_json '.service_locations[0].state == "active"' show service-location 1; }
# It has not sent what waited in its ports, and does not go on as if nothing had been.
woken() {
	on a t_json '.statistics.drops.stale > 0' show statistics &&
		on a t_json '[.vrrp[].transitions[].reason] | any(startswith("was stopped"))' show vrrp
}

p_up
# shellcheck source=tests/lab/ftpd.sh
. "$TOP/tests/lab/ftpd.sh"
t_must "box a works, box b has a copy" later 20 home
for ns in sub nsub; do
	t_must "$ns: ping" m_ping "$ns" "$WEB4"
	connect "$ns"
done
t_must "vsftpd" ftpd inet "$WEB4"
for ns in sub nsub; do ftp_hold "$ns" "$WEB4" active; done
t_must "two FTP connections have fetched and listed" ftp_rounds
t_ok "packets of new users waited for box b" on a t_json \
	'.ha.block_commit | .synchronous and .waits > 0' show ha
t_must "box b knows the connections" later 20 remembered b
for kind in $KINDS; do
	case $kind in
	kill) t_ok "SIGKILL, and back" fault killed restarted ;;
	switch) t_ok "planned switch, and back" fault switched returned ;;
	access) t_ok "access link down, and up" fault access_down access_up ;;
	core) t_ok "core link down, and up" fault core_down core_up ;;
	hop) t_ok "the router outside does not answer, and does" fault hop_down hop_up ;;
	board) t_ok "board down, and up" fault board_down board_up ;;
	stop) t_ok "box stopped, wakes up late" fault stopped woken ;;
	*) t_must "a kind of fault: $kind" false ;;
	esac
	case $kind in kill | switch) t_ok "the FTP connections go on" ftp_round ;; esac
done
t_ok "no port has two owners" owned_once
touch "$LAB_RUN/stop"
for ns in sub nsub; do t_ok "$ns: the connection lived through all of it" connected "$ns"; done
t_end
