# shellcheck shell=bash
# shellcheck disable=SC2034  # variables for those who source this
# Two boxes that keep each other's state, for the lab: LAB_CHASSIS says how they share.
#
#   1:1    one location; box a works, box b stands by
#   1+1    two locations, DS-Lite and NAT44; each box works for one of them
#   group  two locations in one group, spread over both boxes by their users
#   vpn    as 1:1, and two customers whose inside addresses are the same
#   boards as 1+1, and a second board in each box, which backs up the location of NAT44
#
#            access (switch)                              core (switch)
#   sub ───┐    ┌── inside ::a1, 10.0.0.11   cgn-a   outside .11 ──┐    ┌── inet
#   nsub ──┴────┤                              │ sync 10.255.0.1   ├────┘
#               │                            wire (switch)         │
#               │                              │ sync 10.255.0.2   │
#               └── inside ::b1, 10.0.0.12   cgn-b   outside .12 ──┘
#
# The virtual routers have the addresses that the box of an ordinary lab has, so that its
# neighbours need not know. A switch is a kernel bridge in a namespace of its own; its port
# towards namespace N is to-N, so a test can take a link away without touching an end.
# Both boxes have one template; what differs are names, addresses, priorities, and how many
# CPUs they have.

LAB_CPUS_A=${LAB_CPUS_A:-}         # CPUs of the board of box a …
LAB_CPUS_B=${LAB_CPUS_B:-}         # … and b
LAB_ADVERT_MS=${LAB_ADVERT_MS:-100}
LAB_PREEMPT_DELAY=${LAB_PREEMPT_DELAY:-1} # of the box that leads
LAB_KEY_A=${LAB_KEY_A:-}           # key files, if not the one that the lab makes
LAB_KEY_B=${LAB_KEY_B:-}
LAB_TRACK=${LAB_TRACK:-}           # one thing more that the leaders track
LAB_ONLY_A=${LAB_ONLY_A:-}         # further keys of the whole configuration …
LAB_ONLY_B=${LAB_ONLY_B:-}         # … of one box
VPN4=10.1.0                        # network of both customers of mode vpn
LATER_OUT4=198.51.100.3            # second virtual router outside

# --- switches --------------------------------------------------------------------------

lab_switch_add() {
	lab_ns_add "$1"
	in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip -n "$1$LAB_SUFFIX" link add name sw type bridge mcast_snooping 0 forward_delay 0
	ip -n "$1$LAB_SUFFIX" link set sw up
}

# lab_switch_port SWITCH NS DEV MTU: the interface DEV of NS at the port to-NS.
lab_switch_port() {
	lab_link "$2" "$3" "$1" "to-$2" "$4"
	ip -n "$1$LAB_SUFFIX" link set "to-$2" master sw
}

# lab_cut SWITCH NS: the link is down, both ends see it.
lab_cut() { ip -n "$1$LAB_SUFFIX" link set "to-$2" down; }
lab_mend() { ip -n "$1$LAB_SUFFIX" link set "to-$2" up; }

# lab_apart SWITCH on|off: the boxes hear the neighbours, but not each other.
lab_apart() {
	local box
	for box in cgn-a cgn-b; do
		in_ns "$1" bridge link set dev "to-$box" isolated "$2"
	done
}

# lab_deaf SWITCH FROM TO [PERCENT]: frames from FROM do not reach TO, or so many of them
# do not; both ends see a good link. lab_hear SWITCH: ends all of that.
lab_deaf() {
	local luck=''
	[ "${4:-100}" = 100 ] || luck="numgen random mod 100 < $4"
	in_ns "$1" nft add table bridge lab
	in_ns "$1" nft add chain bridge lab f '{ type filter hook forward priority 0; }'
	# shellcheck disable=SC2086  # words
	in_ns "$1" nft add rule bridge lab f iifname "to-$2" oifname "to-$3" $luck drop
}
lab_hear() { in_ns "$1" nft delete table bridge lab; }

# --- network ---------------------------------------------------------------------------

lab_make_pair() {
	local box
	LAB_B4=${LAB_B4/auto/tun}
	for box in access core wire; do lab_switch_add "$box"; done
	for box in a b; do
		lab_box "$box"
		lab_make_box
		lab_switch_port access "cgn-$box" cgn-in 1600
		lab_switch_port core "cgn-$box" cgn-out 1500
		lab_switch_port wire "cgn-$box" cgn-sync 1500
	done
	lab_box a
	if [ "$LAB_CHASSIS" = vpn ]; then lab_make_customers; fi
}

# Two networks with the same addresses, each behind a switch and ports of its own.
lab_make_customers() {
	local ns box
	for ns in red blue; do
		lab_switch_add "lan-$ns"
		for box in a b; do
			lab_switch_port "lan-$ns" "cgn-$box" "cgn-$ns" 1500
		done
		lab_ns_add "$ns"
		lab_switch_port "lan-$ns" "$ns" wan 1500
		ip -n "$ns$LAB_SUFFIX" addr add "$VPN4.2/24" dev wan
		ip -n "$ns$LAB_SUFFIX" route add default via "$VPN4.1"
	done
}

# --- configuration ---------------------------------------------------------------------

# lab_conf_router BOX PORT VRID LEADER LOCATION ADDRESSES: one virtual router. LEADER is
# its location's first one, or '' when it is that itself. The boxes lead crosswise.
lab_conf_router() {
	local priority=200 peer=100 delay=$LAB_PREEMPT_DELAY
	[ "$1-$5" = a-1 ] || [ "$1-$5" = b-2 ] || priority=100 peer=200 delay=0
	printf '{ port = "%s"; vrid = %s; priority = %s; peer_priority = %s; advert_ms = %s; ' \
		"$2" "$3" "$priority" "$peer" "$LAB_ADVERT_MS"
	printf 'addresses = [ %s ]; ' "$6"
	if [ -n "$4" ]; then
		printf 'follow: { port = "inside"; vrid = %s; }; }' "$4"
	else
		printf 'admin = true; preempt_delay = %s; track: ( ' "$delay"
		printf '{ service_location = %s; reduced = 150; }, ' "$5"
		printf '{ port = "inside"; reduced = 150; }, '
		printf '{ port = "outside"; reduced = 150; }%s ); }' "${LAB_TRACK:+, $LAB_TRACK}"
	fi
}

lab_conf_routers() {
	local in6="\"fe80::10\", \"$BOX_IN6\"" in4="\"$BOX_IN4\""
	local out="\"fe80::20\", \"$BOX_OUT6\", \"$BOX_OUT4\""
	case $LAB_CHASSIS in
	1+1 | group | boards)
		lab_conf_router "$1" inside 10 '' 1 "$in6" && printf ', '
		lab_conf_router "$1" outside 20 10 1 "$out" && printf ', '
		lab_conf_router "$1" inside 11 '' 2 "$in4" && printf ', '
		lab_conf_router "$1" outside 21 11 2 "\"$LATER_OUT4\""
		;;
	*)
		lab_conf_router "$1" inside 10 '' 1 "$in6, $in4" && printf ', '
		lab_conf_router "$1" outside 20 10 1 "$out"
		;;
	esac
	if [ "$LAB_CHASSIS" = vpn ]; then
		printf ', ' && lab_conf_router "$1" red 30 10 1 "\"$VPN4.1\""
		printf ', ' && lab_conf_router "$1" blue 30 10 1 "\"$VPN4.1\""
	fi
}

# lab_conf_remote ID CPU VRID PEER KEY [KEYS]: a location.
lab_conf_remote() {
	printf '{ id = %s; slot = 1; cpu = %s; %s ' "$1" "$2" "${6:-}"
	printf 'remote_backup: { port = "sync"; peer = "10.255.0.%s"; key_file = "%s"; }; ' \
		"$4" "$5"
	printf 'vrrp: { port = "inside"; vrid = %s; }; }' "$3"
}

lab_conf_cpus() { # lab_conf_cpus COUNT
	local n
	for ((n = 0; n < $1; n++)); do
		printf '%s{ cpu = %s; lcore = %s; }' "${out:-}" "$n" "$((n + 1))"
		local out=', '
	done
}

lab_conf_customer() { # lab_conf_customer VPN DEVICE-NUMBER LAST-NUMBER: a port
	printf ', { name = "%s"; device = "net_%s%s,iface=cgn-%s"; vpn = "%s"; ' \
		"$1" "$LAB_DEVICE" "$2" "$1" "$1"
	printf 'addresses = [ "%s.1%s/24" ]; }' "$VPN4" "$3"
}

lab_conf_group() { # lab_conf_group NAME LOCATION…
	local name=$1 list='' n
	shift
	for n in "$@"; do list+="${list:+, }{ id = $n; }"; done
	printf '{ name = "%s"; service_locations = ( %s ); %s }' "$name" "$list" "$LAB_GROUP"
}

lab_conf_nat() { # lab_conf_nat NAME ID GROUP PORT VPN ACL POOL
	local access=''
	[ -z "$5" ] ||
		access="allow_access: { inside_vpn = \"$5\"; outside_vpn = \"\"; };"
	cat <<-CONF
	{ name = "$1"; id = $2; service_instance_group = "$3";
	    inside: { ports = [ "$4" ]; vpn = "$5"; }; $access
	    outbound: ( { acl = "$6"; address_group = "$7"; } );
	    port_range: { mode = "dynamic"; size = $LAB_BLOCK; }; $LAB_POLICY $LAB_NAT44 }
	CONF
}

# lab_conf_pair a|b: prints the configuration of that box.
lab_conf_pair() {
	local box=$1 me=1 peer=2 cpus=$LAB_CPUS_A key=$LAB_KEY_A only=$LAB_ONLY_A
	local locations groups second=group1 customers='' customer_ports='' pools=''
	local boards=1 more_boards='' more_licenses='' near=''
	[ "$box" = a ] || me=2 peer=1 cpus=$LAB_CPUS_B key=$LAB_KEY_B only=$LAB_ONLY_B
	case $LAB_CHASSIS-$box in
	group-b) cpus=${cpus:-3} ;;
	group-a | *-b) cpus=${cpus:-2} ;;
	esac
	cpus=${cpus:-1} key=${key:-$LAB_RUN/ha.key}
	locations=$(lab_conf_remote 1 0 10 "$peer" "$key")
	groups=$(lab_conf_group group1 1)
	case $LAB_CHASSIS in
	1+1 | boards)
		[ "$LAB_CHASSIS" = 1+1 ] || near='backup: { slot = 2; cpu = 0; };'
		locations+=", $(lab_conf_remote 2 0 11 "$peer" "$key" "$near")"
		second=group2 groups+=", $(lab_conf_group group2 2)"
		;;
	group)
		locations+=", $(lab_conf_remote 2 1 11 "$peer" "$key")"
		groups=$(lab_conf_group group1 1 2)
		;;
	vpn)
		customers=", $(lab_conf_nat red 3 group1 red red any pool3)"
		customers+=", $(lab_conf_nat blue 4 group1 blue blue any pool4)"
		customer_ports="$(lab_conf_customer red 3 "$me")"
		customer_ports+="$(lab_conf_customer blue 4 "$me")"
		pools=', { name = "pool3"; id = 3; addresses = [ "203.0.113.96/28" ]; }'
		pools+=', { name = "pool4"; id = 4; addresses = [ "203.0.113.112/28" ]; }'
		;;
	esac
	if [ -n "$near" ]; then
		boards=2
		more_boards=", { slot = 2; cpus = ( { cpu = 0; lcore = $((cpus + 1)); } ); }"
		more_licenses=', { slot = 2; sessions = 65536; users = 1024; nat44 = true; }'
	fi
	cat <<CONF
node: { name = "cgn-$box"; run_dir = "$LAB_RUN/cgnd-$box"; };

dpdk: { lcores = "$(lab_conf_lcores $((cpus + boards - 1)))"; control_lcore = 0;
        hugepages = $LAB_HUGEPAGES; memory_mb = $LAB_MEMORY; idle = "sleep"; };

ports: ( { name = "inside"; device = "net_${LAB_DEVICE}0,iface=cgn-in"; mtu = 1600;
           addresses = [ "2001:db8:0:1::${box}1/64", "10.0.0.1$me/24" ]; },
         { name = "outside"; device = "net_${LAB_DEVICE}1,iface=cgn-out"; mtu = 1500;
           addresses = [ "198.51.100.1$me/24", "2001:db8:0:2::${box}1/64" ]; },
         { name = "sync"; device = "net_${LAB_DEVICE}2,iface=cgn-sync"; mtu = 1500;
           addresses = [ "10.255.0.$me/30" ]; }
         $customer_ports );
routes: ( { prefix = "$B4_NET::/40"; next_hop = "$SUB_WAN6"; },
          { prefix = "0.0.0.0/0"; next_hop = "$INET4"; },
          { prefix = "::/0"; next_hop = "$INET6"; } );

boards: ( { slot = 1; cpus = ( $(lab_conf_cpus "$cpus") ); }$more_boards );
license: ( { slot = 1; sessions = $LAB_SESSIONS; users = 8192; nat44 = true; ds_lite = true; }
           $more_licenses );

service_locations: ( $locations );
service_instance_groups: ( $groups );
ha: { hot_backup = true; delay_time = 1; $LAB_HA };
vrrp: ( $(lab_conf_routers "$box") );
$LAB_TOP
$only

address_groups: ( { name = "pool1"; id = 1; addresses = [ "203.0.113.0/28" ]; },
                  { name = "pool2"; id = 2; addresses = [ "203.0.113.64/${LAB_POOL2:-28}" ]; } $pools );
acls: ( { name = "private"; permit = [ "10.0.0.0/8" ]; } );

ds_lite_instances: (
  { name = "ds1"; id = 1; service_instance_group = "group1";
    local_ipv6 = "$AFTR6"; remote_ipv6 = [ "$B4_NET::/40" ]; prefix_length = 128;
    outbound: ( { acl = "any"; address_group = "pool1"; } );
    port_range: { mode = "dynamic"; size = $LAB_BLOCK; };
    mtu = $LAB_TUNNEL_MTU; $LAB_POLICY $LAB_DS_LITE } );
nat_instances: (
  $(lab_conf_nat nat1 2 "$second" inside '' private pool2)$customers );
CONF
}

# --- boxes -----------------------------------------------------------------------------

lab_start_pair() {
	local box
	[ -e "$LAB_RUN/ha.key" ] || (umask 077 && head -c 32 /dev/urandom >"$LAB_RUN/ha.key")
	[[ ! $LAB_CHASSIS =~ ^(1\+1|boards)$ ]] ||
		ip -n "inet$LAB_SUFFIX" route add 203.0.113.64/28 via "$LATER_OUT4"
	for box in a b; do
		lab_conf_pair "$box" >"$LAB_RUN/cgnd-$box.conf"
		lab_box "$box"
		lab_start_cgnd
	done
	lab_box a
}

# lab_kill_cgnd: SIGKILL to the chosen box.
lab_kill_cgnd() {
	kill -KILL "$(cat "$LAB_RUN/cgnd$LAB_BOX.pid")"
	wait_for 10 test -e "$LAB_RUN/cgnd$LAB_BOX.rc"
	rm -f "$LAB_RUN/cgnd$LAB_BOX.pid"
}

# lab_masters LOCATION: the boxes that say that they work for it.
lab_masters() {
	local box was=$LAB_BOX
	for box in a b; do
		lab_box "$box"
		lab_ctl --json show service-location 2>/dev/null | jq -r --argjson id "$1" \
			--arg box "$box" '.service_locations[]
			| select(.id == $id and .state == "active") | $box' || true
	done
	LAB_BOX=$was
}
