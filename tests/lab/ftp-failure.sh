#!/usr/bin/env bash
# FTP control connections outlive the board that hosts them: each fetches and lists with PORT
# and PASV, its board crashes, and it goes on with the same commands; then the other board.
# A data connection that was announced before a crash comes after it.
# Clients behind a softwire, with a private address, and outside of a published server.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

PUBLIC=203.0.113.70
LAB_BOARDS=2 LAB_TUNNEL_MTU=1540
LAB_HA='hot_backup = true; delay_time = 1; preempt_time = 300; detect_ms = 1000;'
LAB_POLICY='alg = [ "ftp" ];'
LAB_CONFIG=$(mktemp)
# One location: a server's outside address has to decide it.
LAB_NAT44="filtering = \"endpoint-dependent\"; servers = ( { protocol = \"tcp\";
	outside = \"$PUBLIC:21\"; inside = \"$NSUB4:21\"; } );"
lab_conf | sed 's|^service_locations: .*|service_locations: ( { id = 1; slot = 1; cpu = 0;\
	backup: { slot = 2; cpu = 0; }; } );|
	s|service_locations = .*|service_locations = ( { id = 1; weight = 1; } );|' >"$LAB_CONFIG"
t_up
rm -f "$LAB_CONFIG"
# shellcheck source=tests/lab/ftpd.sh
. "$TOP/tests/lab/ftpd.sh"

later() { wait_for "$@" && figure=''; }
complete() { t_json '.service_locations[0] | .batch_backup == "finished" and
	.standby_sessions == .sessions' show service-location; }
hosted() { t_json ".service_locations[0].current.slot == $1" show service-location; }
crashed() { lab_ctl debug crash "$1" >/dev/null && wait_for 10 hosted "$2"; }
started() { lab_ctl board start "$1" >/dev/null 2>&1; }
dropped() { t_json '.statistics.drops.alg_order == 0' show statistics; }

t_must "vsftpd outside" ftpd inet "$WEB4"
t_must "vsftpd published" ftpd nsub "$NSUB4"
ftp_hold sub "$WEB4" active
ftp_hold nsub "$WEB4" active
ftp_hold inet "$PUBLIC" passive
t_must "three connections have fetched and listed" ftp_rounds
t_must "their copies are complete" later 20 complete
t_ok "each announces a data connection" ftp_announce
t_ok "their board crashes" crashed 1 2
t_ok "the connections come, and they go on" ftp_round
t_ok "and again" ftp_round
t_ok "the board comes back" later 20 started 1
t_must "as standby, and has the copy" later 20 complete
t_ok "each announces a data connection" ftp_announce
t_ok "the other board crashes" crashed 2 1
t_ok "the connections come, and they go on" ftp_round
t_ok "no segment was taken for one ahead of a missing one" dropped
t_end
