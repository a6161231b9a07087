# shellcheck shell=bash
# The servers of the lab, in the namespace inet: nginx, dnsmasq, iperf3. Each is a plain
# process with a configuration of its own; the installed system is not touched. They end
# with their namespace.

labserv_nginx_conf() {
	cat <<CONF
user root;
worker_processes 1;
daemon off;
pid $LAB_RUN/nginx.pid;
error_log $LAB_RUN/log/nginx-error;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	default_type application/octet-stream;
	client_body_temp_path $LAB_RUN/tmp; proxy_temp_path $LAB_RUN/tmp;
	fastcgi_temp_path $LAB_RUN/tmp; uwsgi_temp_path $LAB_RUN/tmp;
	scgi_temp_path $LAB_RUN/tmp;
	server {
		listen 80 default_server;
		listen [::]:80 default_server;
		root $LAB_RUN/www;
		# Tells a client under which address and port the world sees it.
		location = /whoami { return 200 "\$remote_addr \$remote_port\n"; }
	}
}
CONF
}

labserv_nginx() {
	labserv_nginx_conf >"$LAB_RUN/nginx.conf"
	mkdir -p "$LAB_RUN/tmp"
	lab_spawn inet nginx nginx -p "$LAB_RUN" -c "$LAB_RUN/nginx.conf"
}

labserv_dnsmasq() {
	lab_spawn inet dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--no-resolv --no-hosts --user=root --pid-file= --log-facility=- \
		--listen-address="$DNS4" --bind-interfaces \
		--address="/web.lab.test/$WEB4" --address="/iperf.lab.test/$IPERF4" \
		--txt-record="big.lab.test,$(printf 'x%.0s' {1..200})"
}

labserv_iperf() {
	local port
	for port in 5201 5202; do
		lab_spawn inet "iperf-$port" iperf3 -s -B "$IPERF4" -p "$port"
	done
}

labserv_up() {
	in_ns inet curl -fsS -o /dev/null "http://$WEB4/whoami" &&
		in_ns inet dig +short +time=1 +tries=1 "@$DNS4" web.lab.test &&
		[ "$(in_ns inet ss -Hltn 'sport = :5201 or sport = :5202' | wc -l)" = 2 ]
}

labserv_start() {
	labserv_nginx
	labserv_dnsmasq
	labserv_iperf
	wait_for 10 labserv_up || {
		warn "the servers in inet did not start; the ends of their logs:"
		tail -n 3 "$LAB_RUN"/log/* >&2
		return 1
	}
}
