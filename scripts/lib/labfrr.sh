# shellcheck shell=bash
# FRR in a namespace of the lab: zebra and bgpd as plain processes, with sockets, files and
# logs in a directory of their own. Source after lab.sh.

FRR_DIR=/usr/lib/frr

# lab_frr_dir NS: where its files are.
lab_frr_dir() { printf '%s' "$LAB_RUN/frr-$1"; }

# lab_frr_daemon NS zebra|bgpd: starts one of them.
lab_frr_daemon() {
	local dir daemon=$2
	dir=$(lab_frr_dir "$1")
	lab_spawn "$1" "$daemon-$1" "$FRR_DIR/$daemon" -f "$dir/$daemon.conf" \
		-z "$dir/zserv.api" -i "$dir/$daemon.pid" --vty_socket "$dir" -P 0 \
		--log "file:$dir/$daemon.log"
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
