#!/usr/bin/env bash
# Line cards: lcores of their own poll the ports and hand over to the boards, which send
# through them.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=4 LAB_TUNNEL_MTU=1540
conf=$(mktemp)
LAB_CONFIG=$conf
t_clean_conf() {
	t_clean
	rm -f "$conf"
}
trap t_clean_conf EXIT
lab_conf | sed -e 's/lcores = "\([^"]*\)"/lcores = "\1,3@0,4@1"/' \
	-e 's/control_lcore = 0;/control_lcore = 0; io_lcores = [ 3, 4 ];/' >"$conf"
t_up
for ((n = 1; n <= LAB_SUBS; n++)); do
	t_ok "subscriber $n: ping" m_ping "sub${n#1}" "$WEB4"
done
t_ok "NAT44 subscriber: ping" m_ping nsub "$WEB4"
threads() { # threads NAME…: they are all there
	local name
	figure=$(cat /proc/"$(cat "$LAB_RUN/cgnd.pid")"/task/*/comm | tr '\n' ' ')
	for name; do [[ " $figure" == *" $name "* ]] || return 1; done
}
t_ok "threads have their names" threads cgn-1-0 cgn-2-0 cgn-io-0 cgn-io-1
t_ok "every packet was handed over" t_json \
	'.statistics.flows | .handed_over.packets > 0 and .taken_over.packets > 0' \
	show statistics
t_ok "nothing was lost on the way" t_json \
	'.statistics.drops | [.handover_full, .punt_full, .tx_full] | add == 0' show statistics
head -c 20000000 /dev/urandom >"$LAB_RUN/www/file"
sum=$(sha256sum <"$LAB_RUN/www/file")
for n in '' 2 3 4; do t_ok "sub$n: download" m_download "sub$n" file "$sum"; done
t_ok "nsub: download" m_download nsub file "$sum"
t_ok "all ports return" t_returned
t_end
