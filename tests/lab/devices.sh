#!/usr/bin/env bash
# Every kind of device that needs no hardware: the box starts on it, says which driver has
# it, answers on it where the other side is the kernel's, and gives it back.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

export LSAN_OPTIONS=suppressions=$TOP/tests/lsan.supp:print_suppressions=0
t_labs+=("${LAB_SUFFIX#-}")
mkdir -p "$LAB_RUN/log"
: >"$LAB_RUN/namespaces"
lab_make_box
lab_ns_add peer

# box DEVICE [HUGEPAGES [KEY=VALUE;…]]: the configuration of a box with that one port.
box() {
	cat <<CONF
node: { name = "devices"; run_dir = "$LAB_RUN/cgnd"; };
dpdk: { lcores = "0@0,1@0"; control_lcore = 0; hugepages = ${2:-false}; memory_mb = 256; };
ports: ( { name = "p"; device = "$1"; ${3:-mtu = 1500;} addresses = [ "10.9.0.1/24" ]; } );
boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );
license: ( { slot = 1; sessions = 1024; users = 64; nat44 = true; } );
CONF
}

# wire DEVICE: a veth pair between the box and its peer.
wire() {
	lab_link cgn "$1" peer "$1" 1500
	ip -n "peer$LAB_SUFFIX" addr add 10.9.0.2/24 dev "$1"
}

# answers NS DEV [ADDRESS]: the box is to be pinged from there.
answers() {
	figure=$(in_ns "$1" ping -I "$2" -c 20 -i 0.02 -W 2 "${3:-10.9.0.1}" 2>&1 |
		grep -E 'loss|rror') &&
		grep -q ' 0% packet loss' <<<"$figure"
}

# device NAME DRIVER DEVICE [HUGEPAGES [KEYS]]
device() {
	box "$3" "${4:-}" "${5:-}" >"$LAB_RUN/cgnd.conf"
	t_ok "$1: starts" lab_start_cgnd || return 0
	t_ok "$1: driver" t_json ".ports[0].driver == \"$2\"" show ports
}

gone() {
	t_ok "$1: given back" t_clean_exit
}

for pages in false true; do
	if [ $pages = true ]; then
		free=$(cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages)
		[ "$free" -ge 128 ] || continue
	fi
	with=$([ "$pages" != true ] || echo ", hugepages")
	device "null$with" net_null "net_null0" $pages && gone "null$with"
	device "ring$with" net_ring "net_ring0" $pages && gone "ring$with"
	device "memif$with" net_memif \
		"net_memif0,socket=$LAB_RUN/memif.sock,role=server,socket-abstract=no" $pages
	gone "memif$with"
	device "pcap$with" net_pcap "net_pcap0,tx_pcap=$LAB_RUN/out.pcap" $pages
	gone "pcap$with"

	wire "afp$pages"
	device "af_packet$with" net_af_packet "net_af_packet0,iface=afp$pages" $pages
	t_ok "af_packet$with: answers" answers peer "afp$pages"
	gone "af_packet$with"
	ip -n "cgn$LAB_SUFFIX" link del "afp$pages"

	wire "xdp$pages"
	device "af_xdp$with" net_af_xdp "net_af_xdp0,iface=xdp$pages" $pages
	t_ok "af_xdp$with: answers" answers peer "xdp$pages"
	gone "af_xdp$with"
	ip -n "cgn$LAB_SUFFIX" link del "xdp$pages"

	device "tap$with" net_tap "net_tap0,iface=tap$pages" $pages
	ip -n "cgn$LAB_SUFFIX" addr add 10.9.0.2/24 dev "tap$pages"
	t_ok "tap$with: answers" answers cgn "tap$pages"
	gone "tap$with"
done

wire jumbo
ip -n "peer$LAB_SUFFIX" link set jumbo mtu 9000
device "jumbo frames" net_af_packet "net_af_packet0,iface=jumbo" false "mtu = 9000;"
big() { in_ns peer ping -c 3 -i 0.02 -W 2 -M "do" -s 8972 10.9.0.1 >/dev/null; }
t_ok "jumbo frames: a packet of 9000 bytes is answered" big
gone "jumbo frames"
ip -n "cgn$LAB_SUFFIX" link del jumbo

wire flap
device "link" net_af_packet "net_af_packet0,iface=flap"
link() { wait_for 5 t_json ".ports[0].state == \"$1\"" show ports && figure=""; }
t_ok "link: up" link up
ip -n "peer$LAB_SUFFIX" link set flap down
t_ok "link: no carrier, down" link down
ip -n "peer$LAB_SUFFIX" link set flap up
t_ok "link: up again" link up
t_ok "link: answers again" answers peer flap
ip -n "cgn$LAB_SUFFIX" link del flap
t_ok "link: interface removed, down" link down
t_ok "link: interface removed, the box lives" lab_cgnd_alive
gone "link"

wire multi
device "4 queues" net_af_packet "net_af_packet0,iface=multi" false \
	"mtu = 1500; rx_queues = 4;"
t_ok "4 queues: there are 4" t_json '.ports[0].rx_queues == 4' show ports
t_ok "4 queues: answers" answers peer multi
gone "4 queues"
ip -n "cgn$LAB_SUFFIX" link del multi

# Two boxes over shared memory: the near one forwards from its peer to the far one.
cat >"$LAB_RUN/far.conf" <<CONF
node: { name = "far"; run_dir = "$LAB_RUN/far"; };
dpdk: { lcores = "0@0,1@0"; control_lcore = 0; hugepages = false; memory_mb = 256; };
ports: ( { name = "m"; device = "net_memif0,socket=$LAB_RUN/pair.sock,socket-abstract=no";
           addresses = [ "10.8.0.2/24" ]; } );
routes: ( { prefix = "10.9.0.0/24"; next_hop = "10.8.0.1"; } );
boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );
license: ( { slot = 1; sessions = 1024; users = 64; nat44 = true; } );
CONF
wire pair
ip -n "peer$LAB_SUFFIX" route add 10.8.0.0/24 via 10.9.0.1
box "net_af_packet0,iface=pair" | sed "s|^ports: (|&\\
	{ name = \"m\"; addresses = [ \"10.8.0.1/24\" ]; \\
	  device = \"net_memif0,role=server,socket=$LAB_RUN/pair.sock,socket-abstract=no\"; },|" \
	>"$LAB_RUN/cgnd.conf"
t_ok "memif pair: the near box starts" lab_start_cgnd
in_ns cgn "$CGN_BUILD/cgnd" -c "$LAB_RUN/far.conf" >"$LAB_RUN/far.log" 2>&1 &
far=$!
t_ok "memif pair: the far box starts" wait_for 60 grep -q 'cgnd: ready' "$LAB_RUN/far.log"
t_ok "memif pair: the far box answers through the near one" answers peer pair 10.8.0.2
kill "$(cat "$LAB_RUN/far/cgnd.pid")"
rc=0 && wait "$far" || rc=$?
t_ok "memif pair: the far box leaves with 0" [ "$rc" = 0 ]
t_ok "memif pair: the near box sees the link go" wait_for 5 t_json \
	'.ports[] | select(.name == "m") | .state == "down"' show ports
gone "memif pair"
exit $((t_failed > 0))
