#!/usr/bin/env bash
# FTP with the real programs: vsftpd outside and published inside, lftp (PORT, PASV) and
# curl (EPRT, EPSV) as clients, both modes, both ways. The NAT44 instance filters
# endpoint-dependently: only what the gateway expects comes in there.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

DS_PUBLIC=203.0.113.5 NAT_PUBLIC=203.0.113.70
LAB_POLICY='alg = [ "ftp" ];'
LAB_DS_LITE="servers = ( { protocol = \"tcp\"; outside = \"$DS_PUBLIC:21\";
	softwire = \"$B4_NET:1::1\"; inside = \"$SUB_HOST4:21\"; } );"
LAB_NAT44="filtering = \"endpoint-dependent\"; servers = ( { protocol = \"tcp\";
	outside = \"$NAT_PUBLIC:21\"; inside = \"$NSUB4:21\"; } );"
t_up
held=$(t_held) # a server's user is there without sessions

FTP_BYTES=8000000
# shellcheck source=tests/lab/ftpd.sh
. "$TOP/tests/lab/ftpd.sh"
sum=$(sha256sum <"$LAB_RUN/ftp/file")
t_must "vsftpd outside" ftpd inet "$WEB4"
t_must "vsftpd behind a softwire" ftpd sub "$SUB_HOST4"
t_must "vsftpd with a private address" ftpd nsub "$NSUB4"

count() { lab_ctl --json show statistics | jq ".statistics.events.$1"; }

# same FILE START LINES TIMES: it is the file; how fast it went so many times; and so many
# lines were translated.
same() {
	figure=$(awk -v a="$2" -v b="$EPOCHREALTIME" -v n="$(stat -c %s "$1")" -v t="$4" 'BEGIN {
		printf "%d MB, %d Mb/s", t * n / 1e6, t * n * 8e-6 / (b - a) }')
	[ "$(sha256sum <"$1")" = "$sum" ] || figure+=", SHA-256 differs"
	[ "$(count ftp_translated)" = $((translated + $3)) ] ||
		figure+=", $(($(count ftp_translated) - translated)) lines translated"
	rm -f "$1"
	[[ $figure != *,*,* ]]
}

# with_lftp NS SERVER LINES SETTINGS: the file comes, and goes into the server's in/.
with_lftp() {
	local begin=$EPOCHREALTIME text
	translated=$(count ftp_translated)
	text=$(HOME=$LAB_RUN in_ns "$1" timeout 30 lftp -c "set net:max-retries 1; set net:timeout 5;
		set ftp:use-feat no; set ftp:prefer-epsv no; $4; open ftp://$2;
		get file -o $LAB_RUN/got; put $LAB_RUN/ftp/file -o in/put" 2>&1) || {
		figure=$text
		return 1
	}
	cmp -s "$LAB_RUN/ftp/file" "$LAB_RUN/ftp/in/put" || {
		figure="what was put differs"
		return 1
	}
	rm -f "$LAB_RUN/ftp/in/put"
	same "$LAB_RUN/got" "$begin" "$3" 2
}

# with_curl NS SERVER LINES [OPTIONS]: the file comes.
with_curl() {
	local begin=$EPOCHREALTIME ns=$1 server=$2 lines=$3 text
	shift 3
	translated=$(count ftp_translated)
	text=$(in_ns "$ns" curl -fsS --max-time 30 "$@" -o "$LAB_RUN/got" \
		"ftp://$server/file" 2>&1) || {
		figure=$text
		return 1
	}
	same "$LAB_RUN/got" "$begin" "$lines" 1
}
active='set ftp:passive-mode off' passive='set ftp:passive-mode on'

# A client announces where it waits (each transfer once), a server where it does.
for ns in sub nsub; do
	t_ok "$ns to outside, PORT" with_lftp "$ns" "$WEB4" 2 "$active"
	t_ok "$ns to outside, EPRT" with_curl "$ns" "$WEB4" 1 --ftp-port -
	t_ok "$ns to outside, PASV" with_lftp "$ns" "$WEB4" 0 "$passive"
	t_ok "$ns to outside, EPSV" with_curl "$ns" "$WEB4" 0
done
for public in $DS_PUBLIC $NAT_PUBLIC; do
	t_ok "outside to $public, PORT" with_lftp inet "$public" 0 "$active"
	t_ok "outside to $public, EPRT" with_curl inet "$public" 0 --ftp-port -
	t_ok "outside to $public, PASV" with_lftp inet "$public" 2 "$passive"
	t_ok "outside to $public, EPSV" with_curl inet "$public" 1
done
t_ok "sub to $NAT_PUBLIC, PORT" with_lftp sub $NAT_PUBLIC 2 "$active"
t_ok "nsub to $DS_PUBLIC, EPSV" with_curl nsub $DS_PUBLIC 1

t_ok "every data connection that was announced has come" t_json \
	'.statistics.events | .alg_expected == .ftp_translated and .alg_expired == 0 and
	 .ftp_refused == 0 and .ftp_split == 0 and .alg_full == 0' show statistics
t_ok "all ports return, but those of the servers" t_returned "$held"
t_end
