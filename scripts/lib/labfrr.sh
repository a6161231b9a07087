# shellcheck shell=bash
# FRR in a namespace of the lab: zebra and bgpd as plain processes, with sockets, files and
# logs in a directory of their own. Source after lab.sh.

FRR_DIR=/usr/lib/frr

# lab_frr_dir NS: where its files are.
lab_frr_dir() { printf '%s' "$LAB_RUN/frr-$1"; }

# lab_frr_daemon NS zebra|bgpd: starts one of them. A new zebra leaves the routes that it
# finds for some seconds, until bgpd has them again.
lab_frr_daemon() {
	local dir daemon=$2 keep=''
	dir=$(lab_frr_dir "$1")
	[ "$daemon" != zebra ] || keep='-K 10'
	# shellcheck disable=SC2086  # words
	lab_spawn "$1" "$daemon-$1" "$FRR_DIR/$daemon" -f "$dir/$daemon.conf" \
		-z "$dir/zserv.api" -i "$dir/$daemon.pid" --vty_socket "$dir" -P 0 \
		--log "file:$dir/$daemon.log" $keep
	wait_for 5 test -e "$dir/$daemon.vty"
}

# lab_frr NS: reads the configuration of bgpd from stdin, and starts both.
lab_frr() {
	local dir
	dir=$(lab_frr_dir "$1")
	mkdir -p "$dir"
	cat >"$dir/bgpd.conf"
	printf 'hostname %s\nip nht resolve-via-default\n' "$1" >"$dir/zebra.conf"
	chown -R frr:frr "$dir"
	lab_frr_daemon "$1" zebra && lab_frr_daemon "$1" bgpd
}

# lab_frr_kill NS zebra|bgpd: SIGKILL, so that it takes nothing away.
lab_frr_kill() {
	local dir
	dir=$(lab_frr_dir "$1")
	kill -KILL "$(cat "$dir/$2.pid")"
	rm -f "$dir/$2.pid" "$dir/$2.vty"
}

# lab_vtysh NS COMMAND
lab_vtysh() { vtysh --vty_socket "$(lab_frr_dir "$1")" -c "$2"; }

# lab_bgp_conf AS ID PEER-AS LINES4 LINES6 PEER…: prints a configuration of bgpd with timers
# of a second. LINES are for the address families; LAB_BGP has further ones of the router.
lab_bgp_conf() {
	local as=$1 id=$2 peer_as=$3 lines4=$4 lines6=$5 peer
	shift 5
	cat <<-CONF
	hostname bgp-$as
	router bgp $as
	 bgp router-id $id
	 no bgp ebgp-requires-policy
	 no bgp network import-check
	 timers bgp 1 3
	 $LAB_BGP
	CONF
	for peer in "$@"; do
		printf ' neighbor %s remote-as %s\n neighbor %s timers connect 1\n' \
			"$peer" "$peer_as" "$peer"
		printf ' neighbor %s advertisement-interval 0\n' "$peer"
	done
	printf ' address-family ipv4 unicast\n  %s\n' "$lines4"
	for peer in "$@"; do
		[[ $peer != *:* ]] || printf '  no neighbor %s activate\n' "$peer"
	done
	printf ' exit-address-family\n address-family ipv6 unicast\n  %s\n' "$lines6"
	for peer in "$@"; do
		[[ $peer != *:* ]] || printf '  neighbor %s activate\n' "$peer"
	done
	printf ' exit-address-family\n'
}
LAB_BGP=${LAB_BGP:-}

# lab_bgp_up NS PEER: the session is up.
lab_bgp_up() {
	[ "$(lab_vtysh "$1" "show bgp neighbors $2 json" | jq -r '.[].bgpState')" = Established ]
}

# lab_bgp_quiet NS DEV…: the kernel's interface below a port on AF_PACKET must not answer
# for the addresses of its tap.
lab_bgp_quiet() {
	local ns=$1 dev
	shift
	for dev in "$@"; do
		in_ns "$ns" sysctl -qw "net.ipv4.conf.$dev.rp_filter=1" \
			"net.ipv4.conf.$dev.arp_ignore=8"
	done
}
