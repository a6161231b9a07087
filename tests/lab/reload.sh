#!/usr/bin/env bash
# The configuration is changed every two seconds under traffic: pools come and go, a server,
# limits, timers, an instance. No packet is lost, no flow changes its public address and port.
# A wrong file changes nothing. RELOAD_SECONDS=120 for longer than the 12 s.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

long=${RELOAD_SECONDS:-12}
silence=$TOP/tests/lab/silence.py probe=$TOP/tests/lab/probe.py
LAB_SUBS=2
t_up
conf=$LAB_RUN/cgnd.conf
cp "$conf" "$LAB_RUN/first.conf"

# variant N: the configuration with the Nth set of changes.
pool3='{ name = "pool3"; id = 3; addresses = [ "203.0.113.128/28" ]; }'
server='servers = ( { protocol = "tcp"; outside = "203.0.113.70:8081"; inside = "10.0.0.2:80"; } );'
instance='{ name = "nat2"; id = 3; service_instance_group = "group1";'
instance+=' inside: { ports = [ "inside4" ]; }; outbound: ( { acl = "other"; address_group = "pool3"; } ); }'
acl='{ name = "other"; permit = [ "172.16.0.0/12" ]; }'
variant() {
	case $1 in
	0) cat ;;
	1) sed "s|^address_groups: ( |&$pool3, |; s|mtu = 1540;|& limits: { sessions: { total = 99; }; };|" ;;
	2) sed "s|outbound: ( { acl = \"private\"|$server &|; s|203.0.113.64/28|203.0.113.64/27|" ;;
	3) sed "s|^address_groups: ( |&$pool3, |; s|^acls: ( |&$acl, |; s|^nat_instances: (|& $instance, |
		s|mode = \"dynamic\"; size = [0-9]*|mode = \"static\"; size = 256|" ;;
	4) sed "s|^routes: ( |&{ prefix = \"10.77.0.0/16\"; next_hop = \"$NSUB4\"; }, |
		s|mtu = 1540;|& timers: { udp = 77; };|" ;;
	esac <"$LAB_RUN/first.conf"
}

reloads=0 slowest=0
# A refused one is an error.
reload() {
	local took
	took=$(lab_ctl --json reload | jq .reload.took_ms) || return 1
	reloads=$((reloads + 1))
	[ "$took" -le "$slowest" ] || slowest=$took
}
until_end() {
	local n=0 end=$((SECONDS + long))
	while [ "$SECONDS" -lt "$end" ]; do
		n=$((n % 4 + 1))
		variant "$n" >"$LAB_RUN/next.conf"
		mv "$LAB_RUN/next.conf" "$conf"
		reload || return 1
		sleep 2
	done
	figure="$reloads reloads, the slowest took $slowest ms"
}

lab_spawn inet silence python3 "$silence" serve "$WEB4" 7000
lab_spawn inet probe python3 "$probe" server "$WEB4" 7777
for n in sub nsub; do
	t_must "$n: ping" m_ping "$n" "$WEB4"
	ip netns exec "$n$LAB_SUFFIX" python3 "$silence" run "$WEB4" 7000 "$((long + 1))" \
		>"$LAB_RUN/$n.udp" 2>&1 &
	ip netns exec "$n$LAB_SUFFIX" python3 "$probe" client "$WEB4" 7777 "$LAB_RUN/stop" \
		>"$LAB_RUN/$n.tcp" 2>&1 &
	echo $! >"$LAB_RUN/$n.pid"
done
ends() { lab_ctl --json show session | jq -c '[.sessions[] |
	select(.remote | endswith(":7000") or endswith(":7777")) |
	[.proto, .inside, .outside]] | sort'; }
# Of each subscriber a flow of one packet a millisecond, and a TCP and a UDP flow of the probe.
all_there() { [ "$(ends | jq length)" = 6 ]; }
t_must "all flows are there" wait_for 30 all_there
before=$(ends)
drops() { lab_ctl --json show statistics | jq -c '.statistics.drops |
	with_entries(select(.value > 0 and (.key | startswith("host_") | not)))'; }
dropped=$(drops)
# What is lost beside the box: in the kernel's rings in front of its ports, when its threads
# have no processor, and in links and sockets of those who measure.
ring_drops() { python3 "$TOP/tests/lab/ringdrops.py" "$(cat "$LAB_RUN/cgnd.pid")"; }
kernel_drops() {
	local ns
	while read -r ns; do
		# shellcheck disable=SC2016
		ip netns exec "$ns" sh -c 'cat /sys/class/net/*/statistics/[rt]x_dropped
			awk "/^Udp:/ && \$6 ~ /[0-9]/ { print \$6 + \$7 }" /proc/net/snmp'
	done <"$LAB_RUN/namespaces" | awk '{ n += $1 } END { print n + 0 }'
}
ring_drops >/dev/null # those of before
kernel_before=$(kernel_drops)

t_ok "a reload every two seconds for $long s" until_end
figure=''
t_ok "the same sessions: addresses and ports" [ "$(ends)" = "$before" ]
t_ok "what the box drops" [ "$(drops)" = "$dropped" ]

# flawless NAME: a flow of one packet a millisecond, of which none was lost by the box: each
# that is missing, of both flows, was counted by the kernel where it lost it.
outside=''
flawless() {
	local sent lost gap ends
	wait_for 10 test -s "$LAB_RUN/$1.udp"
	read -r sent lost gap ends <"$LAB_RUN/$1.udp"
	[ -n "$outside" ] || {
		rings=$(ring_drops)
		outside=$((rings + $(kernel_drops) - kernel_before))
	}
	figure="$sent packets, $lost lost, longest silence $gap ms, seen as $ends"
	[ "$lost" = 0 ] || figure+="; the kernel lost $rings before the box read them, $((outside - rings)) elsewhere"
	[ "$lost" -le "$outside" ] && [ "$(wc -w <<<"$ends")" = 1 ] && outside=$((outside - lost))
}
t_ok "DS-Lite: one packet a millisecond" flawless sub
t_ok "NAT44: one packet a millisecond" flawless nsub
touch "$LAB_RUN/stop"
for n in sub nsub; do
	rc=0
	wait "$(cat "$LAB_RUN/$n.pid")" || rc=$?
	t_ok "$n: TCP: $(cat "$LAB_RUN/$n.tcp")" [ "$rc" = 0 ]
done

# ---- what is refused ----

running() { lab_ctl --json show config | sha256sum; }
now=$(running)
sed 's|mtu = 1540|mtu = 99|; s|acl = "private"|acl = "none"|; s|^routes|roads|' \
	"$LAB_RUN/first.conf" >"$LAB_RUN/wrong.conf"
t_ok "a wrong file is refused" t_exit 1 lab_ctl reload "$LAB_RUN/wrong.conf"
t_ok "with all its errors" [ "$(grep -c "wrong.conf:[0-9]*: " <<<"$t_out")" = 3 ]
sed 's|memory_mb = |memory_mb = 1|; s|iface=cgn-in4|iface=cgn-in5|' "$LAB_RUN/first.conf" \
	>"$LAB_RUN/restart.conf"
t_ok "what needs a restart is refused" t_exit 1 lab_ctl reload "$LAB_RUN/restart.conf"
t_ok "by name, both" [ "$(grep -cE '^cgnctl: .*restart.conf:[0-9]+: (dpdk.memory_mb|ports\[inside4\].device): .*needs a restart' \
	<<<"$t_out")" = 2 ]
t_ok "nothing has changed" [ "$(running)" = "$now" ]

# ---- SIGHUP ----

cp "$LAB_RUN/first.conf" "$conf"
kill -HUP "$(cat "$LAB_RUN/cgnd.pid")"
no_pool3() { t_json '.address_groups | map(.name) | index("pool3") == null' show address-group &&
	t_json '[.routes[] | select(.prefix == "10.77.0.0/16")] == []' show routes; }
t_ok "SIGHUP: the first configuration" wait_for 5 no_pool3
t_ok "traffic goes on" m_ping nsub "$WEB4"
t_end
