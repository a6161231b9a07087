#!/usr/bin/env bash
# Two boxes at once on one machine, each with subscribers and servers of its own.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_lab a && t_up
t_lab b && t_up
for name in a b; do
	t_lab "$name"
	t_must "box $name: ping, DS-Lite" m_ping sub "$WEB4"
	t_ok "box $name: ping, NAT44" m_ping nsub "$WEB4"
	head -c 20000000 /dev/urandom >"$LAB_RUN/www/file"
done

# Both at the same time; each counts its own figure.
download() {
	t_lab "$1"
	m_download sub file "$(sha256sum <"$LAB_RUN/www/file")" &&
		m_download nsub file "$(sha256sum <"$LAB_RUN/www/file")"
}
download a &
first=$!
t_ok "box b: downloads, while a does" download b
t_ok "box a: downloads, while b does" wait "$first"
t_lab a && t_ok "a shell command reaches box a" \
	t_json '.users | length == 2' show user
t_lab b && t_ok "stop b" lab_stop_cgnd
t_lab a && t_ok "a lives on" m_ping nsub "$WEB4"
t_end
