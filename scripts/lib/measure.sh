# shellcheck shell=bash
# What the demo and the lab tests ask of a lab. Each function leaves its result, fit for
# a reader, in $figure; and is true when the result is right. Source after lab.sh.

figure=''

# m_ping NS TARGET [ping options…]: all of the answers came back.
m_ping() {
	local out ns=$1 target=$2
	shift 2
	out=$(in_ns "$ns" ping -n -q -c 5 -i 0.05 -W 2 "$@" "$target" 2>&1) || true
	figure=$(awk -F'[ /]' '/received/ { r = $4 " of " $1 " answered" }
		/^rtt/ { t = ", " $8 " ms" } END { print r t }' <<<"$out")
	[[ $figure = "5 of 5"* ]]
}

# m_dns NS: the lab's name server gives the right address, asked through the box.
m_dns() {
	local got
	got=$(in_ns "$1" dig +short +tries=2 +time=2 "@$DNS4" web.lab.test 2>&1) || true
	figure="web.lab.test is ${got##*$'\n'}"
	[ "$got" = "$WEB4" ]
}

# m_whoami NS PREFIX: the server sees this subscriber under an address of that prefix.
m_whoami() {
	local got
	got=$(in_ns "$1" curl -sS --max-time 5 "http://$WEB4/whoami" 2>&1) || true
	figure="seen as ${got/ / port }"
	[[ $got = "$2"* ]]
}

# m_download NS FILE SUM: FILE from nginx, with this SHA-256.
m_download() {
	local ns=$1 file=$2 sum=$3 took got
	got=$(mktemp -p "${TMPDIR:-/var/tmp}")
	if ! took=$(in_ns "$ns" curl -fsS --max-time 120 -o "$got" -w '%{time_total}' \
		"http://web.lab.test/$file" 2>&1); then
		figure="failed: ${took%%$'\n'*}"
	elif [ "$(sha256sum <"$got")" != "$sum" ]; then
		figure="SHA-256 differs"
		took=''
	else
		figure=$(awk -v t="$took" -v b="$(stat -c %s "$got")" 'BEGIN {
			printf "%d MB in %.2f s, %d Mb/s, SHA-256 equal", b / 1e6, t, b * 8 / t / 1e6 }')
	fi
	rm -f "$got"
	[[ $figure = *"SHA-256 equal" ]]
}

# m_iperf NS SECONDS PORT [iperf3 options…]: traffic arrives; -R is downwards.
m_iperf() {
	local ns=$1 seconds=$2 port=$3 out
	shift 3
	out=$(in_ns "$ns" timeout "$((seconds + 15))" iperf3 -J -c "$IPERF4" -p "$port" \
		-t "$seconds" "$@" 2>/dev/null) || true
	figure=$(jq -r '.error // (.end |
		((.sum_received // .sum).bits_per_second / 1e6 | floor | "\(.) Mb/s")
		+ (.sum | if .packets then ", \(.lost_packets) of \(.packets) lost" else "" end))' \
		<<<"$out" 2>/dev/null) || figure="no answer from iperf3"
	[[ $figure =~ ^[1-9][0-9]*" Mb/s" ]]
}
