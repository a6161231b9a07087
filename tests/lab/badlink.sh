# shellcheck shell=bash
# Further words for tests of faults between two boxes: the link of the channel goes through
# linkproxy, the tables of both are compared entry by entry, and the ledger of what both
# log has to be clean. Source after pair.sh.
# shellcheck disable=SC2034,SC2154  # lab.sh uses what is set here; pair.sh sets what is used

seed=${SEED:-1}
adopt=${ADOPT:-10} # ha.adopt_delay, s
LAB_CHASSIS=1:1
LAB_HA="adopt_delay = $adopt; ${LAB_HA:-}"
LAB_POLICY='log: { hosts = [ "ledger" ]; events = "blocks"; };'
LAB_KEY_B=$LAB_RUN/b.key # the same, until a test changes it
LAB_TOP='log_hosts: ( { name = "ledger"; address = "10.255.255.9"; format = "syslog"; } );'

lab_make_keys() {
	(umask 077 && head -c 32 /dev/urandom >"$LAB_RUN/ha.key")
	cp -p "$LAB_RUN/ha.key" "$LAB_KEY_B"
}

# --- what both boxes log -----------------------------------------------------------------

lab_make_more() {
	local ns n=1
	lab_make_keys
	lab_switch_add mgmt
	lab_ns_add logs
	for ns in cgn-a cgn-b logs; do
		lab_switch_port mgmt "$ns" mgmt 1500
		ip -n "$ns$LAB_SUFFIX" addr add "10.255.255.$n/24" dev mgmt
		n=$((n + 1))
	done
	ip -n "logs$LAB_SUFFIX" addr add 10.255.255.9/24 dev mgmt
	lab_spawn logs ledger python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
s.bind(("10.255.255.9", 514))
while True: print(s.recv(9000).decode(), flush=True)'
	wait_for 5 ledger_listens
}
ledger_listens() { in_ns logs ss -Hlnu 'sport = :514' | grep -q .; }

# box_dies BOX [SECONDS]: SIGKILL. What it had given out until a second ago (or so many)
# has a copy, and stays its user's; the rest is nobody's after adopt_delay.
dead=()
box_dies() {
	local now=$EPOCHREALTIME
	on "$1" lab_kill_cgnd
	dead+=(--dead "$(awk -v box="$1" -v t="$now" -v d="$adopt" -v c="${2:-1}" 'BEGIN {
		printf "cgn-%s=%.3f+%d,%.3f", box, t + 0.1, d, t - c }')")
}
# both_die: and what they knew is gone.
both_die() {
	on a lab_kill_cgnd && on b lab_kill_cgnd
	dead+=(--dead "cgn-a=$EPOCHREALTIME+0" --dead "cgn-b=$EPOCHREALTIME+0")
}

# ledger: no public address and port had two owners, and the probes were told the truth.
ledger() {
	local rc=0
	touch "$LAB_RUN/witness"
	"$TOP/tests/lab/ledger.py" "${dead[@]}" --grace 0.1 --probes "$LAB_RUN/witness" \
		"$LAB_RUN/log/ledger" >"$LAB_RUN/ledger" 2>&1 || rc=$?
	figure=$(tail -n 1 "$LAB_RUN/ledger")
	[ "$rc" = 0 ] || head -n 5 "$LAB_RUN/ledger"
	return "$rc"
}

# --- traffic ------------------------------------------------------------------------------

# witness: a flow from sub and one from nsub, $RATE packets a second, until witness_end; the
# ledger gets to know what they see.
probe_port=30000 # flows of `sessions` have others
declare -A witness_user=([sub]=$B4_NET:1::1 [nsub]=$NSUB4)
witness() {
	local ns
	probe_port=$((probe_port + 1)) witness_pids=()
	rm -f "$LAB_RUN/witness-stop"
	for ns in sub nsub; do
		PROBES=$LAB_RUN/witness PROBE_USER=${witness_user[$ns]} RATE=${RATE:-200} \
			in_ns "$ns" "$TOP/tests/lab/silence.py" run "$WEB4" 7000 120 \
			"$probe_port" "$LAB_RUN/witness-stop" >"$LAB_RUN/witness-$ns" &
		witness_pids+=("$!")
	done
}
# witnessed: box b has a copy of both flows, and of all else.
witnessed() { known b && equal; }
# witness_end LOST: they kept address and port, lost no more packets than that, and were
# never silent for longer than $limit ms.
witness_end() {
	touch "$LAB_RUN/witness-stop"
	wait "${witness_pids[@]}"
	figure=$(cat "$LAB_RUN/witness-sub" "$LAB_RUN/witness-nsub" | awk '{
		printf "%s%d of %d lost, silent for %d ms", sep, $2, $1, $3; sep = "; "
		if (NF != 4) printf ", seen as" substr($0, index($0, $4)) }')
	awk -v lost="$1" -v ms="$limit" '
		NF != 4 || $2 > lost || $3 > ms { exit 1 }' \
		"$LAB_RUN/witness-sub" "$LAB_RUN/witness-nsub"
}

# sessions NETWORK REMOTE [USERS]: of so many users, 16 ports each, to 8 ports there.
sessions() {
	in_ns nsub "$CGN_BUILD/tests/lab/flows" "$1" "$2" "${3:-16}" 16 8 20000
}

# --- tables -------------------------------------------------------------------------------

# entries BOX ROLE: who has what, sorted; but for pings, which soon end.
entries() {
	on "$1" lab_ctl --json show user role="$2" | jq -c '.users[] | [.instance, .softwire,
		.vpn, .inside, .outside, (.blocks | sort), .location]' | sort
	on "$1" lab_ctl --json show session role="$2" | jq -c '.sessions[] |
		select(.proto != "icmp") | [.instance, .proto, .softwire, .vpn, .inside, .outside,
		.remote, .location]' | sort
}
# equal: box b has a copy of all users and sessions of box a.
equal() {
	entries a active >"$LAB_RUN/active" 2>/dev/null
	entries b standby >"$LAB_RUN/standby" 2>/dev/null
	figure="$(wc -l <"$LAB_RUN/active") entries, $(diff "$LAB_RUN/active" \
		"$LAB_RUN/standby" | grep -c '^[<>]') differ"
	[ -s "$LAB_RUN/active" ] && cmp -s "$LAB_RUN/active" "$LAB_RUN/standby"
}
# alike: they are so within 20 seconds. Counting comes first, it is quicker.
counts() { # counts BOX KEYS
	on "$1" lab_ctl --json show service-location 1 | jq -c ".service_locations[0] | [$2]"
}
as_many() {
	[ "$(counts a .sessions,.users)" = "$(counts b .standby_sessions,.standby_users)" ]
}
alike() {
	wait_for 20 as_many || true
	wait_for 5 equal || equal
}
# kept BOX: it works with all entries that `equal` has written down last.
kept() {
	entries "$1" active >"$LAB_RUN/now"
	figure="$(comm -23 "$LAB_RUN/active.sorted" <(sort "$LAB_RUN/now") | wc -l) of $(wc -l \
		<"$LAB_RUN/active.sorted") entries are missing"
	[[ $figure = "0 of"* ]]
}
keep() { sort "$LAB_RUN/active" >"$LAB_RUN/active.sorted"; }

# --- the link of the channel ----------------------------------------------------------------

# link_proxy SWITCH A B: linkproxy is between these two ports, instead of the switch.
link_proxy() {
	local end
	for end in "$2" "$3"; do ip -n "$1$LAB_SUFFIX" link set "$end" nomaster; done
	coproc PROXY { in_ns "$1" "$CGN_BUILD/tests/lab/linkproxy" --seed "$seed" "$2" "$3"; }
	read -r figure <&"${PROXY[0]}"
}
link_bad() { link_proxy wire to-cgn-a to-cgn-b; }
# link_late SWITCH BOX: in front of the switch, on the side of that box.
link_late() {
	lab_link "$1" late "$1" sw-late 1600
	ip -n "$1$LAB_SUFFIX" link set sw-late master sw
	link_proxy "$1" "to-cgn-$2" late
}
link() { # link COMMAND…: each a line
	local line said
	for line in "$@"; do
		printf '%s\n' "$line" >&"${PROXY[1]}"
		read -r -t 30 said <&"${PROXY[0]}" && [ "$said" = ok ] || return 1
	done
}
link_end() {
	local fd=${PROXY[1]} pid=$PROXY_PID
	exec {fd}>&-
	wait "$pid" || true
}

# channel BOX KEY: of the channel of location 1.
channel() {
	on "$1" lab_ctl --json show ha | jq -r ".ha.channels[] | select(.location == 1) | $2"
}
both() { # both WANT: the state that both channels are in
	figure="$(channel a .state) $(channel b .state)"
	[[ $figure =~ ^($1)\ ($1)$ ]]
}
# listen, and then unsaid: since then no box has spoken of roles, copies and routers.
told() {
	on "$1" lab_ctl --json show log | jq -r '.events[].reason |
		select(test("service-location|vrrp"))'
}
listen() {
	told a >"$LAB_RUN/told-a"
	told b >"$LAB_RUN/told-b"
}
unsaid() {
	figure=$(for box in a b; do
		told "$box" | diff "$LAB_RUN/told-$box" - | sed -n "s/^>/$box:/p"
	done)
	[ -z "$figure" ]
}
