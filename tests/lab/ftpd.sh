# shellcheck shell=bash
# Words for tests with FTP: a real server, and clients that keep their connections. Source
# after t_up.

# ftpd NS ADDRESS: vsftpd there, for anybody. It refuses a PORT that is not its client's
# address, and data connections that do not come from there.
ftpd() {
	cat >"$LAB_RUN/vsftpd-$1.conf" <<-CONF
		listen=YES
		listen_address=$2
		idle_session_timeout=86400
		background=NO
		anonymous_enable=YES
		no_anon_password=YES
		anon_root=$LAB_RUN/ftp
		write_enable=YES
		anon_upload_enable=YES
		anon_umask=022
		anon_max_rate=0
		secure_chroot_dir=$LAB_RUN/empty
		xferlog_enable=NO
		seccomp_sandbox=NO
		isolate=NO
		isolate_network=NO
	CONF
	lab_spawn "$1" "vsftpd-$1" vsftpd "$LAB_RUN/vsftpd-$1.conf"
	wait_for 10 in_ns "$1" curl -fsS --max-time 2 -o /dev/null "ftp://$2/"
}
mkdir -p "$LAB_RUN/ftp/in" "$LAB_RUN/empty"
chown ftp "$LAB_RUN/ftp/in"
head -c "${FTP_BYTES:-100000}" /dev/urandom >"$LAB_RUN/ftp/file"

# ftp_hold NS SERVER active|passive: a client there connects, and keeps its connection.
ftp_holders=()
ftp_hold() {
	ftp_holders+=("$1")
	lab_spawn "$1" "ftp-$1" python3 "$TOP/tests/lab/ftp-hold.py" "$2" "$LAB_RUN/ftp-$1" "$3"
}
ftp_answered() {
	local n
	for n in "${ftp_holders[@]}"; do [ -e "$LAB_RUN/ftp-$n.done" ] || return 1; done
}
# ftp_rounds: the round that is under way in each of them has gone well.
ftp_rounds() {
	local n ok=1
	wait_for 40 ftp_answered || true
	figure=''
	for n in "${ftp_holders[@]}"; do
		figure+="${figure:+; }$n $(cat "$LAB_RUN/ftp-$n.done" 2>&1)"
		grep -qx ok "$LAB_RUN/ftp-$n.done" || ok=0
	done
	[ "$ok" = 1 ]
}
ftp_ask() {
	local n
	for n in "${ftp_holders[@]}"; do
		rm -f "$LAB_RUN/ftp-$n.done"
		touch "$LAB_RUN/ftp-$n.$1"
	done
	ftp_rounds
}
# ftp_round: another one goes well.
ftp_round() { ftp_ask go; }
# ftp_announce: each announces a data connection, by which the next round begins.
ftp_announce() { ftp_ask announce; }
