#!/usr/bin/env bash
# What kind of NAT the box is, as a foreign client finds out with a foreign server that has
# two addresses and two ports (RFC 5780, coturn): endpoint-independent mapping and filtering
# as it is by default, and address- and port-dependent where it is configured.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

STUN1=192.0.2.31 STUN2=192.0.2.32

# stun_up: the STUN server of this lab.
stun_up() {
	local a
	for a in $STUN1 $STUN2; do ip -n "inet$LAB_SUFFIX" addr add "$a/32" dev lo; done
	lab_spawn inet turnserver turnserver -n --stun-only --no-cli --no-tls --no-dtls \
		-L "$STUN1" -L "$STUN2" -p 3478 --alt-listening-port 3479 --log-file stdout \
		--db "$LAB_RUN/turn.db" --pidfile "$LAB_RUN/turn.pid"
	wait_for 10 stun_listens
}
stun_listens() {
	[ "$(in_ns inet ss -Hlnu 'sport = :3478 or sport = :3479' | wc -l)" -ge 4 ]
}

# ask NS: both questions of the client, which waits for answers that do not come.
ask() {
	local option
	for option in -m -f; do
		in_ns "$1" timeout 15 turnutils_natdiscovery $option "$STUN1" \
			>"$LAB_RUN/$1$option" 2>&1 || true
	done
}
# verdict NS OPTION KIND WHAT: e.g. "Endpoint Independent Mapping".
verdict() {
	figure=$(grep -E '^NAT with|^No NAT' "$LAB_RUN/$1$2" | head -n 1)
	[ "$figure" = "NAT with $3 $4!" ]
}
# A packet to its own public address comes back to the client.
hairpin() {
	figure=$(in_ns "$1" timeout 15 turnutils_natdiscovery -H "$STUN1" 2>&1 |
		grep -o 'Received a request.*')
}

# behaviour KIND: of both ways of access, asked at once.
behaviour() {
	local ns pids=()
	for ns in sub nsub; do
		ask "$ns" &
		pids+=("$!")
	done
	wait "${pids[@]}"
	for ns in sub nsub; do
		t_ok "$ns: mapping" verdict "$ns" -m "$1" Mapping
		t_ok "$ns: filtering" verdict "$ns" -f "$1" Filtering
	done
}

t_lab ei && t_up
t_must "a STUN server with two addresses" stun_up
behaviour "Endpoint Independent"
for ns in sub nsub; do t_ok "$ns: hairpin" hairpin "$ns"; done
t_ok "all ports return" t_returned

t_lab ed
LAB_POLICY='mapping = "endpoint-dependent"; filtering = "endpoint-dependent";'
t_up
t_must "a STUN server with two addresses" stun_up
behaviour "Address and Port Dependent"
t_ok "what was refused is counted" t_json '.statistics.drops | .filtered + .no_mapping > 0' \
	show statistics
t_ok "all ports return" t_returned
t_end
