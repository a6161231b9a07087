#!/usr/bin/env bash
# VRRP with keepalived as the other router, IPv4 and IPv6 on one link: the box as master
# and as backup, adverts every 100 ms and every 10 ms. What the box sends is read by
# tshark. Prints how long a client that pings the virtual addresses was without answer.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

VIP4=10.0.0.254 VIP6=2001:db8:1::fe
MAC4=00:00:5e:00:01:0a MAC6=00:00:5e:00:02:14
command -v keepalived >/dev/null || {
	say "skipped: there is no keepalived"
	exit 77
}

# --- one link: the box, keepalived, a client ------------------------------------------

make_link() {
	local ns
	lab_ns_add net
	in_ns net sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n "net$LAB_SUFFIX" link add br0 type bridge mcast_snooping 0
	ip -n "net$LAB_SUFFIX" link set br0 up
	lab_make_box
	lab_ns_add other
	lab_ns_add client
	for ns in cgn other client; do
		lab_link "$ns" e0 net "p-$ns" 1500
		ip -n "net$LAB_SUFFIX" link set "p-$ns" master br0
	done
	# a virtual address is on an interface of its own, which alone answers for it
	in_ns other sysctl -qw net.ipv4.conf.all.arp_ignore=1
	ip -n "other$LAB_SUFFIX" addr add 10.0.0.2/24 dev e0
	ip -n "other$LAB_SUFFIX" addr add 2001:db8:1::2/64 dev e0 nodad
	ip -n "client$LAB_SUFFIX" addr add 10.0.0.9/24 dev e0
	ip -n "client$LAB_SUFFIX" addr add 2001:db8:1::9/64 dev e0 nodad
}

# box PRIORITY MS: starts the box.
box() {
	cat >"$LAB_RUN/cgnd.conf" <<-CONF
		node: { name = "vrrp"; run_dir = "$LAB_RUN/cgnd"; };
		dpdk: { lcores = "0@0,1@1"; hugepages = false; memory_mb = 512; };
		ports: ( { name = "lan"; device = "net_af_packet0,iface=e0"; mtu = 1500;
			addresses = [ "10.0.0.1/24", "2001:db8:1::1/64" ]; } );
		boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );
		license: ( { slot = 1; sessions = 65536; users = 4096; nat44 = true; } );
		service_locations: ( { id = 1; slot = 1; cpu = 0; } );
		vrrp: ( { port = "lan"; vrid = 10; admin = true; priority = $1; advert_ms = $2;
				addresses = [ "$VIP4" ];
				track: ( { service_location = 1; reduced = 60; } ); },
			{ port = "lan"; vrid = 20; priority = $1; advert_ms = $2;
				addresses = [ "$VIP6", "fe80::fe" ];
				follow: { port = "lan"; vrid = 10; }; } );
	CONF
	lab_start_cgnd
}

# other MS: starts keepalived, priority 150, when the one before has left.
other() {
	local seconds
	wait_for 10 lab_ns_empty "other$LAB_SUFFIX"
	seconds=$(awk -v ms="$1" 'BEGIN { print ms / 1000 }')
	cat >"$LAB_RUN/other.conf" <<-CONF
		global_defs {
			vrrp_version 3
		}
		vrrp_instance four {
			state BACKUP
			interface e0
			use_vmac
			virtual_router_id 10
			priority 150
			advert_int $seconds
			virtual_ipaddress {
				$VIP4/24
			}
		}
		vrrp_instance six {
			state BACKUP
			interface e0
			use_vmac
			virtual_router_id 20
			priority 150
			advert_int $seconds
			virtual_ipaddress {
				fe80::fe/64
				$VIP6/64
			}
		}
	CONF
	ip -n "net$LAB_SUFFIX" link set p-other up
	lab_spawn other keepalived keepalived -n -l -P -f "$LAB_RUN/other.conf" \
		-p "$LAB_RUN/other.pid" -r "$LAB_RUN/other-vrrp.pid"
}
# The kernel would answer for a dead keepalived, so its wire goes with it.
other_dies() {
	# the child first: without its parent it would resign
	kill -KILL "$(cat "$LAB_RUN/other-vrrp.pid")" "$(cat "$LAB_RUN/other.pid")"
	# as zombies they would keep the next one from starting
	rm -f "$LAB_RUN/other-vrrp.pid" "$LAB_RUN/other.pid"
	ip -n "net$LAB_SUFFIX" link set p-other down
	ip -n "other$LAB_SUFFIX" link del vrrp.10
	ip -n "other$LAB_SUFFIX" link del vrrp.20
}
other_leaves() { kill -TERM "$(cat "$LAB_RUN/other.pid")"; }
# other_is STATE: both of its instances, by the last that each has said.
other_is() {
	local i
	for i in four six; do
		[ "$(grep -F "($i) Entering" "$LAB_RUN/log/keepalived" | tail -n 1 |
			sed 's/.*Entering \([A-Z]*\) .*/\1/')" = "$1" ] || return 1
	done
}
# until_true COMMAND…: within five seconds.
until_true() { wait_for 5 "$@" && figure=''; }
# box_is STATE REASON: both of its groups; the reason of the one that leads.
box_is() {
	t_json "([.vrrp[].state] | unique == [\"$1\"]) and
		.vrrp[0].transitions[-1].reason == \"$2\"" show vrrp
}
box_dies() { kill -KILL "$(pgrep -f -x "$CGN_BUILD/cgnd -c $LAB_RUN/cgnd.conf")"; }
box_leaves() { lab_stop_cgnd; }

# --- what the client sees --------------------------------------------------------------

# silence COMMAND…: it pings each virtual address every 5 ms, COMMAND runs, and it goes on
# until there are answers again; the longest time without one.
silence() {
	local a again=yes pids=()
	for a in "$VIP4" "$VIP6"; do
		ip netns exec "client$LAB_SUFFIX" timeout -s INT 20 ping -D -n -i 0.005 "$a" \
			>"$LAB_RUN/ping-$a" 2>&1 &
		pids+=($!)
	done
	wait_for 2 grep -qs 'seq=20 ' "$LAB_RUN/ping-$VIP6"
	"$@" || return 1
	sleep 0.6
	for a in "$VIP4" "$VIP6"; do
		wait_for 5 grows "$LAB_RUN/ping-$a" || again=no
	done
	kill -INT "${pids[@]}"
	wait "${pids[@]}" || true
	figure=$(for a in "$VIP4" "$VIP6"; do
		awk -F '[][]' -v a="$a" '/bytes from/ {
				if (last && $2 - last > longest) longest = $2 - last
				last = $2 }
			END { printf "%s %d ms; ", a, longest * 1000 }' "$LAB_RUN/ping-$a"
	done)
	[ "$again" = yes ]
}
grows() {
	local before
	before=$(grep -c 'bytes from' "$1")
	sleep 0.05
	[ "$(grep -c 'bytes from' "$1")" -gt "$before" ]
}
sees_macs() {
	in_ns client ping -c 1 -W 1 "$VIP4" >/dev/null &&
		in_ns client ping -c 1 -W 1 "$VIP6" >/dev/null &&
		in_ns client ping -c 1 -W 1 fe80::fe%e0 >/dev/null || return 1
	figure=$(ip -n "client$LAB_SUFFIX" neigh | awk '{ print $1, $5 }' | sort | paste -sd ',')
	[[ $figure = *"$VIP4 $MAC4"* && $figure = *"$VIP6 $MAC6"* && $figure = *"fe80::fe $MAC6"* ]]
}
# Adverts of both families, as tshark understands them.
capture_clean() {
	in_ns client dumpcap -q -i e0 -f 'proto 112 or ip6 proto 112' -c 20 -a duration:8 \
		-w "$LAB_RUN/adverts.pcapng" >/dev/null 2>&1
	tshark -r "$LAB_RUN/adverts.pcapng" -o ip.check_checksum:TRUE -T fields -E separator=, \
		-e vrrp.version -e vrrp.checksum.status -e _ws.malformed -e _ws.expert \
		-e ip.ttl -e ipv6.hlim -e ip.checksum.status -e ip.dst -e ipv6.dst -e eth.src \
		-e vrrp.virt_rtr_id -e ip.src 2>/dev/null >"$LAB_RUN/adverts"
	figure=$(sort "$LAB_RUN/adverts" | uniq -c | tr -s ' ' | paste -sd ';')
	[ "$(wc -l <"$LAB_RUN/adverts")" = 20 ] && [ "$(sort -u "$LAB_RUN/adverts" | paste -sd ' ')" = \
		"3,1,,,,255,,,ff02::12,$MAC6,20, 3,1,,,255,,1,224.0.0.18,,$MAC4,10,10.0.0.1" ]
}
answers() { in_ns "$1" ping -c 1 -W 0.3 "$2" >/dev/null 2>&1; }
# As backup it has no word for who asks for a virtual address.
says_nothing() {
	local before
	before=$(lab_ctl --json show statistics | jq '.statistics.host | [.arp_replies, .nd_replies]')
	ip -n "client$LAB_SUFFIX" neigh flush dev e0
	answers client "$VIP4" && answers client "$VIP6" || return 1
	figure=$(ip -n "client$LAB_SUFFIX" neigh | awk '{ print $1, $5 }' | paste -sd ',')
	[ "$before" = "$(lab_ctl --json show statistics |
		jq '.statistics.host | [.arp_replies, .nd_replies]')" ]
}
refuses_forged() {
	in_ns client python3 - <<-'PYTHON'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
		s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.9"))
		s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 254)
		s.sendto(bytes.fromhex("310aff01000a0000" "0a0000fe"), ("224.0.0.18", 0))
		s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
		s.sendto(bytes.fromhex("310aff01000a1234" "0a0000fe"), ("224.0.0.18", 0))
		s.sendto(bytes.fromhex("310aff02000a1234" "0a0000fe"), ("224.0.0.18", 0))
	PYTHON
	until_true t_json '.statistics.vrrp_refused | .ttl == 1 and .checksum == 1
		and .length == 1' show statistics
}

# --- the test ----------------------------------------------------------------------------

mkdir -p "$LAB_RUN/log"
: >"$LAB_RUN/namespaces"
t_labs+=("${LAB_SUFFIX#-}")
make_link

t_must "the box starts, priority 200, 100 ms" box 200 100
t_must "alone it is master" until_true box_is master "no advertisement from a master"
t_ok "a client has learnt virtual addresses" sees_macs
other 100
t_must "keepalived is backup" until_true other_is BACKUP
# once more: on a busy machine keepalived may have thought for a moment that it is master
clean() { capture_clean || capture_clean; }
t_ok "tshark has nothing to say against adverts" clean
t_ok "forged adverts are refused" refuses_forged
t_ok "both keep their states" until_true other_is BACKUP
t_ok "the box leaves: silence" silence box_leaves
t_ok "keepalived is master" until_true other_is MASTER

t_must "the box is back" box 200 100
t_ok "and preempts" until_true box_is master "the master has a lower priority"
t_ok "keepalived gives way" until_true other_is BACKUP
t_ok "SIGKILL of the box, 100 ms: silence" silence box_dies
t_ok "keepalived is master" until_true other_is MASTER

t_must "the box starts, priority 140" box 140 100
t_must "it is backup" until_true t_json '[.vrrp[] | .state == "backup" and
	.master_priority == 150 and (.master | test("^(10.0.0.2$|fe80::)"))] | all' show vrrp
t_ok "and says nothing" says_nothing
t_ok "keepalived leaves: silence" silence other_leaves
t_ok "the box is master" until_true box_is master "the master has resigned"
other 100
t_ok "keepalived preempts" until_true box_is backup "another master has a higher priority"
t_ok "SIGKILL of keepalived, 100 ms: silence" silence other_dies
t_ok "the box is master" until_true box_is master "no advertisement from a master"

lab_ctl board shutdown 1 >/dev/null
t_ok "a location is down: the priority is reduced" until_true \
	t_json '.vrrp[0] | .priority_run == 80 and .state == "master"' show vrrp
lab_ctl board start 1 >/dev/null
lab_stop_cgnd

t_must "the box starts, priority 140, 10 ms" box 140 10
other 10
t_ok "keepalived preempts" until_true box_is backup "another master has a higher priority"
t_ok "SIGKILL of keepalived, 10 ms: silence" silence other_dies
t_ok "the box is master" until_true box_is master "no advertisement from a master"
t_end
