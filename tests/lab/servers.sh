#!/usr/bin/env bash
# Web servers of subscribers, published with `servers`: reached from outside, and by their
# public addresses from inside, from the same and the other way of access, by themselves too.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

DS_PUBLIC=203.0.113.5:8080 NAT_PUBLIC=203.0.113.70:8081 B4=$B4_NET:1::1
LAB_DS_LITE="servers = ( { protocol = \"tcp\"; outside = \"$DS_PUBLIC\";
	softwire = \"$B4\"; inside = \"$SUB_HOST4:80\"; } );"
LAB_NAT44="servers = ( { protocol = \"tcp\"; outside = \"$NAT_PUBLIC\";
	inside = \"$NSUB4:80\"; } );"
LAB_SUBS=2
t_up
held=$(t_held) # a server's user is there without sessions
ip -n "nsub$LAB_SUFFIX" addr add 10.0.0.3/24 dev wan

# serve NS ADDRESS NAME: nginx there, which says its name and whom it sees.
serve() {
	mkdir -p "$LAB_RUN/tmp-$3"
	labserv_nginx_conf | sed "s|listen 80 default_server|listen $2:80|; /listen \[/d
		s|return 200 \"|&$3 |; s|nginx.pid|nginx-$3.pid|; s|$LAB_RUN/tmp|&-$3|" \
		>"$LAB_RUN/nginx-$3.conf"
	lab_spawn "$1" "nginx-$3" nginx -p "$LAB_RUN" -c "$LAB_RUN/nginx-$3.conf"
	wait_for 10 in_ns "$1" curl -fsS "http://$2/whoami"
}
t_must "a web server behind a softwire" serve sub "$SUB_HOST4" ds
t_must "a web server with a private address" serve nsub "$NSUB4" nat

# fetch NS PUBLIC NAME CLIENT [curl options…]: the server NAME answers at PUBLIC, and sees
# CLIENT (the beginning of its address).
fetch() {
	local ns=$1 public=$2 name=$3 client=$4 got
	shift 4
	got=$(in_ns "$ns" curl -sS --max-time 5 "$@" "http://$public/whoami" 2>&1) || true
	figure="${got/ / sees }"
	[[ $got = "$name $client"* ]]
}
t_ok "outside to the DS-Lite server" fetch inet $DS_PUBLIC ds "$INET4 "
t_ok "outside to the NAT44 server" fetch inet $NAT_PUBLIC nat "$INET4 "
# A hairpinned client is seen by its public address (RFC 4787 REQ-9).
t_ok "another softwire to the DS-Lite server" fetch sub2 $DS_PUBLIC ds 203.0.113.
t_ok "its own softwire to the DS-Lite server" fetch sub $DS_PUBLIC ds 203.0.113.
t_ok "a NAT44 user to the DS-Lite server" fetch nsub $DS_PUBLIC ds 203.0.113.
t_ok "a softwire to the NAT44 server" fetch sub2 $NAT_PUBLIC nat 203.0.113.
t_ok "another NAT44 user to the NAT44 server" fetch nsub $NAT_PUBLIC nat 203.0.113. \
	--interface 10.0.0.3
t_ok "itself to the NAT44 server" fetch nsub $NAT_PUBLIC nat 203.0.113. --interface "$NSUB4"
t_ok "the server's subscriber goes out by another port" m_whoami sub 203.0.113.
head -c 30000000 /dev/urandom >"$LAB_RUN/www/file"
sum=$(sha256sum <"$LAB_RUN/www/file")
hairpin_download() {
	local took got="$LAB_RUN/got"
	took=$(in_ns "$1" curl -fsS --max-time 60 -o "$got" -w '%{speed_download}' \
		"http://$2/file") || return 1
	figure=$(awk -v s="$took" 'BEGIN { printf "%d Mb/s", s * 8 / 1e6 }')
	[ "$(sha256sum <"$got")" = "$sum" ]
}
t_ok "download, outside from the DS-Lite server" hairpin_download inet $DS_PUBLIC
t_ok "download, outside from the NAT44 server" hairpin_download inet $NAT_PUBLIC
t_ok "download, NAT44 user from the DS-Lite server" hairpin_download nsub $DS_PUBLIC
t_ok "download, softwire from the NAT44 server" hairpin_download sub2 $NAT_PUBLIC
refused() { ! fetch inet "203.0.113.5:$1" ds "$INET4" 2>/dev/null && figure="port $1"; }
t_ok "a port beside it is not open" refused 8081
t_ok "whose a server's port is" t_json ".who_had.servers[0].softwire == \"$B4\"" \
	who-had $DS_PUBLIC
t_ok "all ports return, but those of the servers" t_returned "$held"
t_ok "outside to the DS-Lite server, afterwards" fetch inet $DS_PUBLIC ds "$INET4 "
t_end
