#!/usr/bin/env bash
# Two boards, two locations, one group: users are spread over both, and traffic of the
# users of each passes, though it enters the box on one port.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_BOARDS=2 LAB_SUBS=8
t_up
for ((n = 1; n <= LAB_SUBS; n++)); do
	t_must "subscriber $n: ping" m_ping "sub${n#1}" "$WEB4"
	t_ok "subscriber $n: web" m_whoami "sub${n#1}" 203.0.113.
done
t_ok "NAT44 subscriber: ping" m_ping nsub "$WEB4"
t_ok "two boards are up" t_json \
	'[.boards[] | select(.state == "up")] | length == 2' show board
t_ok "both host users" t_json \
	'[.service_locations[] | select(.state == "active" and .users > 0)] | length == 2' \
	show service-location
t_ok "each user in one place" t_json \
	'[.users[] | select(.instance == "ds1") | .softwire] | length == 8
	 and (unique | length) == 8' show user
t_ok "no address in two places" t_json \
	'[.users[] | {a: .outside, l: .location}] | unique | group_by(.a) | all(length == 1)' \
	show user
head -c 20000000 /dev/urandom >"$LAB_RUN/www/file"
sum=$(sha256sum <"$LAB_RUN/www/file")
for n in '' 2 3 4; do t_ok "sub$n: download" m_download "sub$n" file "$sum"; done
t_ok "all ports return" t_returned
t_end
