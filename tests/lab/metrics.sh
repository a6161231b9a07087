#!/usr/bin/env bash
# A real Prometheus scrapes the box; what it stores is what `show` prints. The telemetry
# socket answers dpdk-telemetry.py. The rules and the dashboard name metrics that exist.
# Under sanitizers too.
# Not under sanitizers: the collection runs there in tests/unit/test_metric.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

LAB_TOP="metrics: { port = 9464; };"
URL=http://127.0.0.1:9464
t_up

page=$LAB_RUN/page
get() { in_ns cgn curl -sS --max-time 10 "$@"; }
status() { get -o /dev/null -w '%{http_code}' "$@"; }
is_status() { # is_status CODE CURL-ARGUMENTS…
	local want=$1
	shift
	figure=$(status "$@")
	[ "$figure" = "$want" ]
}

# --- over HTTP -----------------------------------------------------------------------

m_ping nsub "$WEB4"
t_must "the page is there" get -f -o "$page" "$URL/metrics"
t_ok "promtool finds nothing in it" promtool check metrics <"$page"
names() { sed -n 's/^# TYPE \([a-z0-9_]*\) .*/\1/p' "$page" | sort; }
samples() { figure="$(grep -vc '^#' "$page") samples of $(names | wc -l) metrics"; }
t_ok "it is not empty" samples

t_ok "elsewhere there is nothing" is_status 404 "$URL/"
t_ok "nothing can be posted" is_status 405 -d x=1 "$URL/metrics"
t_ok "HEAD is answered" is_status 200 -I "$URL/metrics"
t_ok "a request of 100 KB is refused" is_status 431 \
	-H "X: $(head -c 100000 /dev/zero | tr '\0' x)" "$URL/metrics"

# Twenty that connect and say nothing take all places they are given, not those of others;
# their connections are closed.
idle_clients() {
	local i fds=() fd
	for ((i = 0; i < 20; i++)); do
		exec {fd}<>/dev/tcp/127.0.0.1/9464 && fds+=("$fd")
	done
	[ "$(curl -s -o /dev/null -w '%{http_code}' --interface 127.0.0.9 --max-time 5 \
		http://127.0.0.1:9464/metrics)" = 200 ] || return 1
	for fd in "${fds[@]}"; do exec {fd}>&-; done
}
export -f idle_clients
t_ok "clients that say nothing do not keep others out" in_ns cgn bash -c idle_clients
t_ok "and the box forwards" m_ping nsub "$WEB4"

# Values are those of `show`: a quiet box, so they stay the same.
value() { awk -v m="$1" '$1 == m { print $2 }' "$page"; }
same() { # same METRIC JQ COMMAND…
	local metric=$1 filter=$2 want
	shift 2
	want=$(lab_ctl --json "$@" | jq -r "$filter")
	figure="$metric $(value "$metric"), show says $want"
	[ -n "$want" ] && [ "$(value "$metric")" = "$want" ]
}
get -f -o "$page" "$URL/metrics"
t_ok "users" same 'cgn_instance_users{nat_instance="nat1"}' '.instances[0].users' \
	show nat instance nat1
t_ok "sessions" same 'cgn_location_sessions{location="1"}' \
	'.service_locations[0].sessions' show service-location 1
t_ok "packets" same 'cgn_packets_total{flow="nat44_up"}' \
	'.statistics.flows.nat44_up.packets' show statistics
t_ok "blocks, which workers are asked for" same \
	'cgn_pool_blocks_used{pool="pool2",vpn=""}' '.address_groups[0].blocks_used' \
	show address-group pool2
t_ok "the state of a board" same 'cgn_board_state{slot="1",cpu="0",state="up"}' 1 \
	show version

# --- a board that does not answer ----------------------------------------------------

lab_ctl debug hang 1 >/dev/null
down() {
	get -f -o "$page" "$URL/metrics" &&
		[ "$(value 'cgn_board_up{slot="1",cpu="0"}')" = 0 ]
}
t_ok "a dead board is seen" wait_for 10 down
t_ok "the rest of the page is there" grep -q '^cgn_port_up{port="outside"} 1' "$page"
lab_ctl board start 1 >/dev/null
t_ok "it comes back" wait_for 10 m_ping nsub "$WEB4"

# --- Prometheus ----------------------------------------------------------------------

mkdir "$LAB_RUN/prometheus"
cp "$TOP"/conf/prometheus/*.yml "$LAB_RUN/prometheus"
sed -i 's/_interval: 15s/_interval: 1s/' "$LAB_RUN/prometheus/prometheus.yml"
lab_spawn cgn prometheus prometheus --config.file="$LAB_RUN/prometheus/prometheus.yml" \
	--storage.tsdb.path="$LAB_RUN/prometheus/data" --web.listen-address=127.0.0.1:9090
query() {
	get -G --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query 2>/dev/null |
		jq -r '.data.result[].value[1]'
}
scraped() { [ "$(query 'up{job="softboard"}')" = 1 ]; }
t_must "Prometheus scrapes the box" wait_for 30 scraped
stored() {
	get -f -o "$page" "$URL/metrics"
	figure="$(query 'scrape_samples_scraped{job="softboard"}') samples in $(
		query 'scrape_duration_seconds{job="softboard"}') s"
	[ "$(query 'cgn_pool_blocks_used{pool="pool2"}')" = "$(value \
		'cgn_pool_blocks_used{pool="pool2",vpn=""}')" ]
}
t_ok "and stores what the box says" wait_for 10 stored
t_ok "the rules are in order" promtool check rules "$LAB_RUN/prometheus/alerts.yml"
t_ok "and fire when they should" promtool test rules "$LAB_RUN/prometheus/alerts_test.yml"
alerts_live() { [ "$(query 'ALERTS{alertname="BoxRestarted"}')" = 1 ]; }
t_ok "an alert fires on the box" wait_for 10 alerts_live

# --- names ---------------------------------------------------------------------------

# shellcheck disable=SC2016  # back quotes are Markdown's
listed() { grep -o '^| `cgn_[a-z0-9_]*`' "$TOP/doc/metrics.md" | tr -d '|` ' | sort -u; }
unknown_in() { # metrics that a file names and the box does not have
	figure=$(grep -o '\bcgn_[a-z0-9_]*' "$1" | sort -u | comm -23 - <(listed) | tr '\n' ' ')
	[ -z "$figure" ]
}
t_ok "the dashboard names metrics that exist" unknown_in "$TOP/conf/grafana/softboard.json"
t_ok "so do the rules" unknown_in "$TOP/conf/prometheus/alerts.yml"
undocumented() {
	figure=$(names | comm -23 - <(listed) | tr '\n' ' ')
	[ -z "$figure" ]
}
t_ok "all that the box has is documented" undocumented
queries_work() { # each query of the dashboard is one that Prometheus understands
	local q bad=0 n=0
	while read -r q; do
		q=${q//\$__rate_interval/1m} q=${q//\$box/.*} n=$((n + 1))
		[ "$(get -G --data-urlencode "query=$q" http://127.0.0.1:9090/api/v1/query |
			jq -r .status)" = success ] || { say "refused: $q" && bad=$((bad + 1)); }
	done < <(jq -r '.panels[].targets[]?.expr' "$TOP/conf/grafana/softboard.json")
	figure="$n queries, $bad refused"
	[ "$bad" = 0 ] && [ "$n" -gt 20 ]
}
t_ok "the queries of the dashboard" queries_work

# --- telemetry -----------------------------------------------------------------------

telemetry() { # telemetry PATH: the answer of DPDK's own client
	echo "$1" | RUNTIME_DIRECTORY=$(lab_run_dir) timeout 20 dpdk-telemetry.py -f cgn |
		grep '^{"/' | jq -c ".[\"${1%%,*}\"]"
}
tel() { # tel FILTER PATH
	local out
	out=$(telemetry "$2")
	jq -e "$1" <<<"$out" >/dev/null || {
		figure="$1 is false of ${out:0:500}"
		return 1
	}
}
t_ok "telemetry lists the paths" tel 'map(select(startswith("/cgn/"))) | length > 15' /
t_ok "telemetry: version" tel '.product == "Softboard"' /cgn/version
t_ok "telemetry: boards" tel '.boards["0"].state == "up"' /cgn/board
t_ok "telemetry: all drops" tel '.drops | length > 50' /cgn/statistics
t_ok "telemetry: one instance" tel '.instances["0"].name == "nat1"' /cgn/nat/instance,nat1
m_ping nsub "$WEB4"
t_ok "telemetry: sessions by filter" tel '.sessions | length > 0' \
	/cgn/session,proto=icmp,limit=2
t_ok "telemetry: why not" tel '.error | test("no service-location")' \
	/cgn/service_location,99
t_ok "telemetry: nested lists" tel \
	'.service_instance_groups["0"].members["0"].weight == 1' /cgn/service_instance_group
addresses() { # a pool whose addresses do not fit is no answer cut in the middle
	tel '.address_groups["0"].name == "pool1"' /cgn/address_group,pool1
}
t_ok "telemetry: an address group" addresses
t_ok "telemetry: a long list goes on" tel '.neighbours | keys[0] == "1"' \
	/cgn/neighbours,from=1
t_end
