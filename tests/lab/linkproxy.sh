#!/usr/bin/env bash
# The bad link of the channel's tests does what it is told, and the same for the same seed.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_labs+=("${LAB_SUFFIX#-}")
mkdir -p "$LAB_RUN/log"
: >"$LAB_RUN/namespaces"
for ns in left middle right; do lab_ns_add "$ns"; done
lab_link left end middle west 1500
lab_link right end middle east 1500
ip -n "left$LAB_SUFFIX" addr add 192.0.2.1/24 dev end
ip -n "right$LAB_SUFFIX" addr add 192.0.2.2/24 dev end
ends=$TOP/tests/lab/linkproxy-ends.py
n=2000

proxy_start() { # proxy_start SEED
	coproc PROXY { in_ns middle "$CGN_BUILD/tests/lab/linkproxy" --seed "$1" west east; }
	read -r _ <&"${PROXY[0]}"
}
proxy_end() {
	local pid=$PROXY_PID fd=${PROXY[1]}
	exec {fd}>&-
	wait "$pid" 2>/dev/null || true
}
link() { # link COMMAND: one line
	printf '%s\n' "$1" >&"${PROXY[1]}" && read -r said <&"${PROXY[0]}" && [ "$said" = ok ]
}
stats() {
	printf 'stats\n' >&"${PROXY[1]}" && read -r said <&"${PROXY[0]}" && read -r _ <&"${PROXY[0]}"
}

# run_over SEED FAULTS…: sends over such a link; what came is in $came.
run_over() {
	local line pid seed=$1
	shift
	: >"$LAB_RUN/came"
	in_ns right "$ends" receive 6785 >"$LAB_RUN/came" &
	pid=$!
	wait_for 5 grep -q listening "$LAB_RUN/came"
	proxy_start "$seed"
	in_ns left ping -qc 1 -W 5 192.0.2.2 >/dev/null # neighbours know each other
	for line in "$@"; do link "$line" || return 1; done
	in_ns left "$ends" send 192.0.2.2 6785 "$n" 1000
	wait "$pid"
	came=$(tail -n 1 "$LAB_RUN/came")
	figure=$came
	stats
	proxy_end
}
holds() { jq -e "$1" <<<"$came" >/dev/null || { figure="$1 is false of $came"; return 1; }; }

t_ok "a good link" run_over 1
t_ok "passes all, in order" holds ".good == $n and .twice + .late + .damaged + .short == 0"
t_ok "loss 30 %" run_over 7 'loss 30'
first=$came
t_ok "loses about that" holds ".good > $n * 0.66 and .good < $n * 0.74 and .twice == 0"
t_ok "the same seed" run_over 7 'loss 30'
t_ok "loses the same ones" [ "$first" = "$came" ]
t_ok "another seed" run_over 8 'loss 30'
t_ok "loses others" [ "$first" != "$came" ]
t_ok "duplicates 20 %" run_over 1 'duplicate 20'
t_ok "come twice" holds ".good == $n and .twice > $n * 0.16 and .twice < $n * 0.24"
t_ok "reorder 50 % in 20 ms" run_over 1 'reorder 50' 'late 20'
t_ok "comes out of order" holds ".good == $n and .late > $n * 0.2"
t_ok "corruption 10 %, truncation 10 %" run_over 1 'corrupt 10' 'truncate 10'
t_ok "arrive so" holds ".damaged + .short > $n * 0.14 and .damaged + .short < $n * 0.24"
t_ok "an MTU of 1000" run_over 1 'mtu 1000'
t_ok "swallows what is larger" holds '.good == 0'
t_ok "cut in the other direction alone" run_over 1 'ba loss 100'
t_ok "is not noticed in this one" holds ".good == $n"
t_ok "a recording is made" run_over 1 "save $LAB_RUN/saved" 'loss 100'
t_ok "of what was lost" holds '.good == 0'
t_ok "and played" run_over 1 'loss 100' "play $LAB_RUN/saved ab"
t_ok "it is what was sent" holds ".good == $n and .damaged == 0"
exit $((t_failed > 0))
