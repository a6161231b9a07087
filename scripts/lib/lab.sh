# shellcheck shell=bash
# The lab: one box (cgnd) and real programs around it, each in a network namespace.
# Source after common.sh. Everything a lab has made is under $LAB_RUN, so that it can be
# taken down by a later process, and whatever happened to the one that made it:
#
#   namespaces   one name per line, written before the namespace is made
#   cgnd.conf    the configuration in use        cgnd.pid, cgnd.rc, cgnd.log
#   log/, www/   what the servers write and serve
#
# With two boxes (LAB_CHASSIS) there are cgnd-a.conf, cgnd-b.conf and so on, the namespaces
# cgn-a and cgn-b, and lab_box chooses the one that the other functions speak to.

# shellcheck source=scripts/lib/labconf.sh
. "$TOP/scripts/lib/labconf.sh"
# shellcheck source=scripts/lib/labserv.sh
. "$TOP/scripts/lib/labserv.sh"
# shellcheck source=scripts/lib/labpair.sh
. "$TOP/scripts/lib/labpair.sh"

LAB_BOARDS=${LAB_BOARDS:-1}
LAB_SUBS=${LAB_SUBS:-1}
LAB_B4=${LAB_B4:-auto}
LAB_DEVICE=${LAB_DEVICE:-af_packet}
LAB_BLOCK=${LAB_BLOCK:-64}
LAB_SESSIONS=${LAB_SESSIONS:-262144}
LAB_MEMORY=${LAB_MEMORY:-1024}
LAB_HUGEPAGES=${LAB_HUGEPAGES:-false}
LAB_TUNNEL_MTU=${LAB_TUNNEL_MTU:-}
LAB_ENCAP_LIMIT=${LAB_ENCAP_LIMIT:-}
LAB_CONFIG=${LAB_CONFIG:-}
LAB_MOUNT=${LAB_MOUNT:-}      # a command before cgnd, in the mount namespace that is its own
LAB_POLICY=${LAB_POLICY:-}
LAB_DS_LITE=${LAB_DS_LITE:-}
LAB_NAT44=${LAB_NAT44:-}
LAB_BACKUP=${LAB_BACKUP:-0}   # 1: each location has a backup on the next board
LAB_HA=${LAB_HA:-}            # keys of ha
LAB_GROUP=${LAB_GROUP:-}      # further keys of the group …
LAB_TOP=${LAB_TOP:-}          # … and of the whole configuration
LAB_CHASSIS=${LAB_CHASSIS:-}  # two boxes: 1:1, 1+1, group, vpn or boards; see labpair.sh

# lab_name ID: chooses the lab that the other functions work on; '' is the plain one.
lab_name() {
	[[ $1 =~ ^[a-zA-Z0-9_.-]{0,32}$ ]] || die "a lab's name is letters, digits, - _ ."
	LAB_NAME=${1:-default}
	LAB_SUFFIX=${1:+-$1}
	LAB_RUN=/run/softboard-lab/$LAB_NAME
}

# lab_box a|b: the box that is meant from now on; '' is the only one of an ordinary lab.
lab_box() { LAB_BOX=${1:+-$1}; }
lab_box ''

# All boxes of this lab, by those that have been started.
lab_boxes() {
	local conf
	for conf in "$LAB_RUN"/cgnd*.conf; do
		[ -e "$conf" ] || continue
		conf=${conf##*/cgnd} conf=${conf%.conf}
		printf '%s\n' "${conf#-}"
	done
}

# in_ns NS COMMAND…
in_ns() {
	local ns=$1
	shift
	ip netns exec "$ns$LAB_SUFFIX" "$@"
}

# --- making the network --------------------------------------------------------------

lab_ns_add() {
	local ns=$1$LAB_SUFFIX
	[ ! -e "/run/netns/$ns" ] ||
		die "namespace $ns exists and is not of this lab; choose another --name"
	printf '%s\n' "$ns" >>"$LAB_RUN/namespaces"
	ip netns add "$ns"
	ip -n "$ns" link set lo up
	in_ns "$1" sysctl -qw net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.accept_ra=0 net.ipv4.ping_group_range='0 2147483647'
}

# lab_link NS1 DEV1 NS2 DEV2 MTU: a wire. Offloads are off at both ends, since a port on
# AF_PACKET would be given half-made checksums and super-packets.
lab_link() {
	local i side=("$1" "$2" "$3" "$4")
	ip link add "$2" mtu "$5" netns "$1$LAB_SUFFIX" type veth \
		peer name "$4" mtu "$5" netns "$3$LAB_SUFFIX"
	for i in 0 2; do
		in_ns "${side[i]}" ethtool -K "${side[i + 1]}" \
			tx off rx off tso off gso off gro off >/dev/null 2>&1 || true
		ip -n "${side[i]}$LAB_SUFFIX" link set "${side[i + 1]}" up
	done
}

# lab_wire NS WHERE MTU: from the interface wan of a neighbour to the box, or to the switch
# in front of the two.
lab_wire() {
	case ${LAB_CHASSIS:+pair}-$2 in
	pair-out) lab_switch_port core "$1" wan "$3" ;;
	pair-*) lab_switch_port access "$1" wan 1600 ;;
	*) lab_link "$1" wan cgn "cgn-$2" "$3" ;;
	esac
}

# The kernel must stay silent on the box's interfaces: they belong to cgnd.
lab_make_box() {
	lab_ns_add "cgn$LAB_BOX"
	in_ns "cgn$LAB_BOX" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=0
}

lab_make_inet() {
	local a
	lab_ns_add inet
	lab_wire inet out 1500
	ip -n "inet$LAB_SUFFIX" addr add "$INET4/24" dev wan
	ip -n "inet$LAB_SUFFIX" addr add "$INET6/64" dev wan nodad
	for a in $INET_ADDRESSES; do ip -n "inet$LAB_SUFFIX" addr add "$a/32" dev lo; done
	ip -n "inet$LAB_SUFFIX" route add "$POOLS4" via "$BOX_OUT4"
	ip -n "inet$LAB_SUFFIX" -6 route add 2001:db8::/32 via "$BOX_OUT6"
}

lab_make_nsub() {
	lab_ns_add nsub
	lab_wire nsub in4 1500
	ip -n "nsub$LAB_SUFFIX" addr add "$NSUB4/24" dev wan
	ip -n "nsub$LAB_SUFFIX" route add default via "$BOX_IN4"
}

# lab_b4_seg6 NS GATEWAY NUMBER: a B4 by the kernel alone. SRv6 with a single segment in
# reduced mode is plain IPv4 in IPv6; End.DX4 takes it off again. It does not reassemble
# fragments of the outer packet (RFC 6333 5.3), so netfilter does, and tracks nothing. The
# kernel takes the 24 bytes of a routing header off the MTU, though reduced mode sends none.
lab_b4_reassembly() {
	in_ns "$1" nft -f - <<-'NFT'
		table ip6 b4 {
			chain in { type filter hook prerouting priority -300; notrack; ct state new; }
			chain out { type filter hook output priority -300; notrack; }
		}
	NFT
}
lab_b4_seg6() {
	local ns=$1$LAB_SUFFIX src=$B4_NET:$3::1
	lab_b4_reassembly "$1" &&
		ip -n "$ns" sr tunsrc set "$src" &&
		ip -n "$ns" route add default encap seg6 mode encap.red segs "$AFTR6" \
			dev wan mtu "$((LAB_TUNNEL_MTU + 24))" src "$SUB_HOST4" &&
		ip -n "$ns" -6 route add "$src/128" \
			encap seg6local action End.DX4 nh4 0.0.0.0 dev wan
}

# lab_b4_tun NS NUMBER DEV HOST4: a B4 by tests/lab/b4.c, which reassembles, and can send
# the tunnel encapsulation limit option.
lab_b4_tun() {
	local ns=$1 src=$B4_NET:$2::1 dev=$3 host=$4
	ip -n "$ns$LAB_SUFFIX" -6 addr add "$src/128" dev lo nodad
	lab_spawn "$ns" "b4-$ns-$2" "$CGN_BUILD/tests/lab/b4" --dev "$dev" --local "$src" \
		--aftr "$AFTR6" ${LAB_ENCAP_LIMIT:+--encap-limit "$LAB_ENCAP_LIMIT"}
	wait_for 5 in_ns "$ns" test -e "/sys/class/net/$dev" || {
		tail -n 5 "$LAB_RUN/log/b4-$ns-$2" >&2
		return 1
	}
	ip -n "$ns$LAB_SUFFIX" link set "$dev" mtu 1500 up
	ip -n "$ns$LAB_SUFFIX" addr replace "$host/32" dev lo
}

# lab_b4 NS GATEWAY NUMBER: the network of one subscriber behind GATEWAY.
lab_b4() {
	local ns=$1$LAB_SUFFIX
	in_ns "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$ns" -6 route add default via "$2"
	ip -n "$ns" -6 route add "$AFTR6/128" via "$2" mtu "$LAB_TUNNEL_MTU"
	ip -n "$ns" addr add "$SUB_HOST4/32" dev lo
	if [ "$LAB_B4" != tun ]; then
		if lab_b4_seg6 "$@" 2>"$LAB_RUN/log/seg6"; then
			LAB_B4=seg6
			return 0
		fi
		[ "$LAB_B4" = auto ] ||
			die "no SRv6 in this kernel ($(tail -n 1 "$LAB_RUN/log/seg6"));" \
				"use --b4 tun"
		LAB_B4=tun
	fi
	lab_b4_tun "$1" "$3" b4t "$SUB_HOST4"
	ip -n "$ns" route add default dev b4t src "$SUB_HOST4"
}

# lab_make_subs: sub is the first subscriber and the access router of the others, sub2 …
lab_make_subs() {
	local n net
	lab_ns_add sub
	lab_wire sub in 1600
	ip -n "sub$LAB_SUFFIX" addr add "$SUB_WAN6/64" dev wan nodad
	lab_b4 sub "$BOX_IN6" 1
	for ((n = 2; n <= LAB_SUBS; n++)); do
		net=2001:db8:0:f00$n
		lab_ns_add "sub$n"
		lab_link "sub$n" wan sub "to$n" 1600
		ip -n "sub$LAB_SUFFIX" addr add "$net::1/64" dev "to$n" nodad
		ip -n "sub$n$LAB_SUFFIX" addr add "$net::2/64" dev wan nodad
		ip -n "sub$LAB_SUFFIX" -6 route add "$B4_NET:$n::/64" via "$net::2"
		lab_b4 "sub$n" "$net::1" "$n"
	done
}

# lab_make_more: for a test to define, when it wants more of a network before the box
# starts.
lab_make_more() { :; }

# Programs in the namespaces find the lab's name server.
lab_resolver() {
	local ns
	while read -r ns; do
		mkdir -p "/etc/netns/$ns"
		printf 'nameserver %s\nsearch lab.test\n' "$DNS4" >"/etc/netns/$ns/resolv.conf"
	done <"$LAB_RUN/namespaces"
}

# --- programs ------------------------------------------------------------------------

# lab_spawn NS NAME COMMAND…: in the background, with its output in log/NAME.
lab_spawn() {
	local ns=$1 name=$2
	shift 2
	setsid ip netns exec "$ns$LAB_SUFFIX" "$@" </dev/null >"$LAB_RUN/log/$name" 2>&1 &
	disown
}

# The exit status is kept, for whoever takes the lab down is not the parent.
lab_run_cgnd() {
	local rc=0
	trap '' HUP INT
	(
		trap - HUP INT
		exec setsid ip netns exec "cgn$LAB_BOX$LAB_SUFFIX" \
			${LAB_MOUNT:+sh -c "$LAB_MOUNT && exec \"\$@\"" sh} "$CGN_BUILD/cgnd" \
			-c "$LAB_RUN/cgnd$LAB_BOX.conf" </dev/null >"$LAB_RUN/cgnd$LAB_BOX.log" 2>&1
	) &
	printf '%s\n' "$!" >"$LAB_RUN/cgnd$LAB_BOX.pid"
	wait "$!" || rc=$?
	printf '%s\n' "$rc" >"$LAB_RUN/cgnd$LAB_BOX.rc"
}

lab_ctl() {
	"$CGN_BUILD/cgnctl" --run-dir "$(lab_run_dir)" "$@"
}

# The run directory that the configuration names.
lab_run_dir() {
	sed -n 's/.*run_dir *= *"\([^"]*\)".*/\1/p' "$LAB_RUN/cgnd$LAB_BOX.conf" | head -n 1
}

lab_cgnd_settled() {
	[ -e "$LAB_RUN/cgnd$LAB_BOX.rc" ] || grep -qs '^cgnd: ready' "$LAB_RUN/cgnd$LAB_BOX.log"
}

# lab_start_cgnd: starts the daemon and waits until it is ready; shows its log otherwise.
lab_start_cgnd() {
	rm -f "$LAB_RUN/cgnd$LAB_BOX.rc" "$LAB_RUN/cgnd$LAB_BOX.log"
	# The sanitizers stop at the first finding; without them nobody reads these.
	export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
	lab_run_cgnd >/dev/null 2>&1 &
	disown
	if ! wait_for 60 lab_cgnd_settled || [ -e "$LAB_RUN/cgnd$LAB_BOX.rc" ]; then
		warn "cgnd did not become ready; the end of its log:"
		tail -n 20 "$LAB_RUN/cgnd$LAB_BOX.log" >&2
		return 1
	fi
}

lab_cgnd_alive() {
	[ -e "$LAB_RUN/cgnd$LAB_BOX.pid" ] && [ ! -e "$LAB_RUN/cgnd$LAB_BOX.rc" ] &&
		kill -0 "$(cat "$LAB_RUN/cgnd$LAB_BOX.pid")" 2>/dev/null
}

# lab_stop_cgnd: SIGTERM, then its exit status.
lab_stop_cgnd() {
	[ -e "$LAB_RUN/cgnd$LAB_BOX.pid" ] || return 0
	if lab_cgnd_alive; then
		kill -TERM "$(cat "$LAB_RUN/cgnd$LAB_BOX.pid")" 2>/dev/null || true
		wait_for 20 test -e "$LAB_RUN/cgnd$LAB_BOX.rc" || {
			warn "cgnd does not leave on SIGTERM"
			return 1
		}
	fi
	rm -f "$LAB_RUN/cgnd$LAB_BOX.pid"
	return "$(cat "$LAB_RUN/cgnd$LAB_BOX.rc" 2>/dev/null || echo 1)"
}

# --- up and down ---------------------------------------------------------------------

lab_up() {
	need_root
	[ ! -e "$LAB_RUN" ] || die "lab '$LAB_NAME' is up already: scripts/lab down"
	mkdir -p "$LAB_RUN/log" "$LAB_RUN/www"
	: >"$LAB_RUN/namespaces"
	[ -n "$LAB_TUNNEL_MTU" ] || LAB_TUNNEL_MTU=$([ "$LAB_B4" = tun ] && echo 1500 || echo 1540)
	if [ -n "$LAB_CHASSIS" ]; then lab_make_pair; else lab_make_box; fi
	lab_make_inet
	lab_make_nsub
	lab_make_subs
	lab_make_more
	lab_resolver
	labserv_start
	if [ -n "$LAB_CHASSIS" ]; then
		lab_start_pair
		return
	fi
	if [ -n "$LAB_CONFIG" ]; then
		sed "s|@RUN_DIR@|$LAB_RUN/cgnd|g" "$LAB_CONFIG" >"$LAB_RUN/cgnd.conf"
	else
		lab_conf >"$LAB_RUN/cgnd.conf"
	fi
	lab_start_cgnd
}

# Every process inside the namespace NS, gently and then not.
lab_kill_ns() {
	local ns=$1 signal
	for signal in TERM KILL; do
		ip netns pids "$ns" 2>/dev/null | xargs -r kill -s "$signal" 2>/dev/null || true
		wait_for 2 lab_ns_empty "$ns" && return 0
	done
}
lab_ns_empty() { [ -z "$(ip netns pids "$1" 2>/dev/null)" ]; }

# lab_down: ends what this lab started and removes what it made; false when the daemon
# did not leave with 0.
lab_down() {
	local ns box rc=0 bad=0
	[ -e "$LAB_RUN" ] || return 0
	need_root
	for box in $(lab_boxes) ''; do
		lab_box "$box"
		rc=0
		lab_stop_cgnd || rc=$?
		[ "$rc" = 0 ] || {
			bad=1
			warn "cgnd$LAB_BOX left with status $rc; the end of its log:"
			tail -n 20 "$LAB_RUN/cgnd$LAB_BOX.log" >&2 || true
		}
	done
	while read -r ns; do
		[ -e "/run/netns/$ns" ] || continue
		lab_kill_ns "$ns"
		ip netns del "$ns" || true
		rm -rf "/etc/netns/$ns"
	done <"$LAB_RUN/namespaces"
	rm -rf --one-file-system "$LAB_RUN"
	rmdir --ignore-fail-on-non-empty /etc/netns /run/softboard-lab 2>/dev/null || true
	[ "$bad" = 0 ]
}
