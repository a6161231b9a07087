#!/usr/bin/env bash
# Centralized backup with two real boxes: when enough CPUs of box a have failed, tunnel
# packets go to box b, which has a pool of its own; and back when all are well again, or by
# hand. Prints how long nothing was translated.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

POOL_B=203.0.114.0/28
LAB_BOARDS=2 LAB_HA='detect_ms = 50;'
LAB_DS_LITE='centralized_backup: { enable = true; down_number = 2;
	redirect: { port = "peer"; next_hop = "2001:db8:0:9::2"; }; };'
LAB_TOP=''

# Box b, behind a link of its own; the servers reach its pool by a link of its own, too.
lab_make_more() {
	lab_ns_add cgnb
	in_ns cgnb sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=0
	lab_link cgn cgn-peer cgnb b-in 1600
	lab_link inet wanb cgnb b-out 1500
	ip -n "inet$LAB_SUFFIX" addr add 198.51.101.2/24 dev wanb
	ip -n "inet$LAB_SUFFIX" route add "$POOL_B" via 198.51.101.1
	# a second port of box a, which lab_conf does not know
	lab_conf | sed 's|^ports: (|&{ name = "peer"; device = "net_af_packet9,iface=cgn-peer";\
		mtu = 1600; addresses = [ "2001:db8:0:9::1/64" ]; },|' >"$LAB_RUN/a.conf"
	LAB_CONFIG=$LAB_RUN/a.conf
	conf_b >"$LAB_RUN/b.conf"
	lab_spawn cgnb cgnd-b "$CGN_BUILD/cgnd" -c "$LAB_RUN/b.conf"
	wait_for 20 grep -qs '^cgnd: ready' "$LAB_RUN/log/cgnd-b"
}
conf_b() {
	cat <<CONF
node: { name = "b"; run_dir = "$LAB_RUN/cgnd-b"; };
dpdk: { lcores = "0@0,1@1"; control_lcore = 0; hugepages = false; memory_mb = 512; };
ports: ( { name = "inside"; device = "net_af_packet0,iface=b-in"; mtu = 1600;
           addresses = [ "2001:db8:0:9::2/64" ]; },
         { name = "outside"; device = "net_af_packet1,iface=b-out"; mtu = 1500;
           addresses = [ "198.51.101.1/24" ]; } );
routes: ( { prefix = "$B4_NET::/40"; next_hop = "2001:db8:0:9::1"; },
          { prefix = "0.0.0.0/0"; next_hop = "198.51.101.2"; } );
boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );
license: ( { slot = 1; sessions = 65536; users = 4096; ds_lite = true; } );
service_locations: ( { id = 1; slot = 1; cpu = 0; } );
service_instance_groups: ( { name = "g"; service_locations = ( { id = 1; weight = 1; } ); } );
address_groups: ( { name = "poolb"; id = 1; addresses = [ "$POOL_B" ]; } );
ds_lite_instances: ( { name = "ds1"; id = 1; service_instance_group = "g";
    local_ipv6 = "$AFTR6"; remote_ipv6 = [ "$B4_NET::/40" ];
    outbound: ( { acl = "any"; address_group = "poolb"; } ); mtu = $LAB_TUNNEL_MTU; } );
CONF
}

# state STATE REASON: of the instance.
state() {
	t_json ".instances[0] | .state == \"$1\" and .centralized_backup.reason == \"$2\"" \
		show ds-lite instance ds1
}
# seen_within PREFIX: a new connection is seen under it; and how soon.
seen_within() {
	local begin=$EPOCHREALTIME out=''
	while [[ $out != "$1"* ]] && awk -v a="$begin" -v b="$EPOCHREALTIME" \
		'BEGIN { exit !(b - a < 5) }'; do
		out=$(in_ns sub curl -s --max-time 0.3 "http://$WEB4/whoami") || out=''
	done
	figure=$(awk -v a="$begin" -v b="$EPOCHREALTIME" -v o="$out" \
		'BEGIN { printf "seen as %s, %d ms after", o, (b - a) * 1000 }')
	[[ $out = "$1"* ]]
}
users() { t_json ".instances[0].users == $1" show ds-lite instance ds1; }
logged() { lab_ctl show log | grep -F "$1" >/dev/null && figure=$1; }
words() { lab_ctl "$@" >/dev/null; }

t_up
t_must "box a translates" m_whoami sub 203.0.113.
t_ok "F = 0, T = 2" t_json '.instances[0] | .cpus_total == 2 and .cpus_failed == 0
	and .down_number == 2 and .centralized_backup.state == "normal"' show ds-lite instance ds1

t_ok "a board is shut down" words board shutdown 2
t_ok "F = 1 < N: nothing is switched" t_json '.instances[0] | .state != "switched"
	and .cpus_failed == 1' show ds-lite instance ds1
t_ok "the other hangs" words debug hang 1
t_ok "box b translates" seen_within 203.0.114.
t_ok "F = 2: switched" state switched "all CPUs failed"
t_ok "the event says F, T, N and why" logged \
	'switched to the other box: all CPUs failed; failed F = 2, total T = 2, down_number N = 2'
t_ok "ping by box b" m_ping sub "$WEB4"
t_ok "too early to switch back" t_exit 1 lab_ctl centralized-backup switch-back ds1

t_ok "one board is back" words board start 1
t_ok "0 < F < N: still switched" state switched "all CPUs failed"
t_ok "box b still translates" m_whoami sub 203.0.114.
t_ok "by hand it may come back" words centralized-backup switch-back ds1
t_ok "box a translates" seen_within 203.0.113.
t_ok "the reason" state active "by hand"

t_ok "the other board is back" words board start 2
t_ok "box a has users" m_whoami sub 203.0.113.
t_ok "switch by hand" words centralized-backup switch ds1
t_ok "box b translates" seen_within 203.0.114.
t_ok "the users of box a are aged out" wait_for 3 users 0
t_ok "F = 0, but by hand: it stays" state switched "by hand"
t_ok "twice is refused" t_exit 1 lab_ctl centralized-backup switch ds1
t_ok "switch back by hand" words centralized-backup switch-back ds1
t_ok "box a translates" seen_within 203.0.113.

t_ok "both boards are shut down" words board shutdown 1
words board shutdown 2
t_ok "box b translates" seen_within 203.0.114.
words board start 1
t_ok "and both come back" words board start 2
t_ok "box a translates, by itself" seen_within 203.0.113.
t_ok "the reason" state active "all CPUs recovered"

# down N: from now on that many have to fail.
down() {
	sed "s|down_number = 2|down_number = $1|" "$LAB_RUN/a.conf" >"$LAB_RUN/n.conf" &&
		words reload "$LAB_RUN/n.conf"
}
t_ok "N = 3, more than there are" down 3
t_ok "a board is shut down" words board shutdown 1
t_ok "F = 1: nothing is switched" t_json '.instances[0] | .state == "active"
	and .cpus_failed == 1 and .cpus_total == 2 and .down_number == 3' show ds-lite instance ds1
t_ok "the other hangs" words debug hang 2
t_ok "box b translates" seen_within 203.0.114.
t_ok "F = T: switched" logged \
	'switched to the other box: all CPUs failed; failed F = 2, total T = 2, down_number N = 3'
t_ok "one board is back" words board start 1
t_ok "0 < F < T: still switched" state switched "all CPUs failed"
t_ok "both are" words board start 2
t_ok "box a translates" seen_within 203.0.113.
t_ok "N = 1, fewer than there are" down 1
t_ok "a board hangs" words debug hang 1
t_ok "box b translates" seen_within 203.0.114.
t_ok "F = N = 1" logged 'failed F = 1, total T = 2, down_number N = 1'
t_ok "it is back" words board start 1
t_ok "box a translates" seen_within 203.0.113.
t_end
