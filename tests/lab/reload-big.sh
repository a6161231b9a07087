#!/usr/bin/env bash
# A thousand objects change in one file, and a file has ten thousand lines: each is in
# effect within a second, and a flow of one packet a millisecond loses nothing meanwhile. A
# file with a thousand errors is refused with all of them.
# Runs alone: others would be in what it measures.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_up
conf=$LAB_RUN/cgnd.conf
cp "$conf" "$LAB_RUN/first.conf"
# A sanitizer's daemon takes longer.
limit=1000
[[ $CGN_BUILD != *asan* ]] || limit=5000

# big.py N STEP LINES: the first configuration and N objects: routes, ACLs, servers, pools;
# those of another STEP have other values. Routes more, of no step, up to LINES lines.
cat >"$LAB_RUN/big.py" <<'PY'
import re, sys
n, step, lines = map(int, sys.argv[1:4])
text = sys.stdin.read()
def more(key, items):
    global text
    text = re.sub(r"^%s: \( " % key, lambda m: m.group(0) + "".join(i + ",\n  " for i in items),
                  text, flags=re.M)
q = n // 4
gateway = ["10.0.0.2", "10.0.0.3"][step]
more("routes", ['{ prefix = "100.%d.%d.0/24"; next_hop = "%s"; }' % (64 + i // 256, i % 256, gateway)
                for i in range(q)])
more("acls", ['{ name = "a%d"; permit = [ "10.%d.%d.0/24" ]; }' % (i, step, i % 256)
              for i in range(q)])
more("address_groups", ['{ name = "g%d"; id = %d; addresses = [ "192.%d.%d.%d/30" ]; }' %
                        (i, 1000 + i, 18 + step, i // 64, i % 64 * 4) for i in range(q)])
servers = ['{ protocol = "udp"; outside = "203.0.113.%d:%d"; inside = "10.0.0.%d:%d"; }' %
           (65 + i % 8, 2000 + i, 5 + i % 8, 80 + step) for i in range(q)]
text = re.sub(r'(name = "nat1";)', r"\1 servers = ( %s );" % ",\n  ".join(servers), text) if n else text
fill = lines - text.count("\n")
more("routes", ['{ prefix = "101.%d.%d.0/24"; next_hop = "10.0.0.2"; }' % (i // 256, i % 256)
                for i in range(fill)])
sys.stdout.write(text)
PY
big() { python3 "$LAB_RUN/big.py" "$@" <"$LAB_RUN/first.conf"; }

# takes COUNT FILE: reload of the file, so many changes at least, in effect in a second.
takes() {
	local out
	out=$(lab_ctl --json reload "$2" 2>&1) || {
		figure=$(head -n 3 <<<"$out")
		return 1
	}
	figure=$(jq -r '"\(.reload.count) changes, \(.reload.took_ms) ms"' <<<"$out")
	figure="$(wc -l <"$2") lines, $figure"
	jq -e ".reload.count >= $1 and .reload.took_ms < $limit" <<<"$out" >/dev/null
}

lab_spawn inet silence python3 "$TOP/tests/lab/silence.py" serve "$WEB4" 7000
t_must "a user" m_ping nsub "$WEB4"
ip netns exec "nsub$LAB_SUFFIX" python3 "$TOP/tests/lab/silence.py" run "$WEB4" 7000 60 0 \
	"$LAB_RUN/stop" >"$LAB_RUN/flow" 2>&1 &
flow=$!
there() { t_json 'any(.sessions[]; .remote | endswith(":7000"))' show session; }
t_must "a flow" wait_for 10 there

big 1000 0 0 >"$LAB_RUN/thousand.conf"
big 1000 1 0 >"$LAB_RUN/other.conf"
big 0 0 10000 >"$LAB_RUN/long.conf"
t_ok "a thousand objects come" takes 1000 "$LAB_RUN/thousand.conf"
t_ok "all of them become other ones" takes 1000 "$LAB_RUN/other.conf"
t_ok "and go" takes 1000 "$LAB_RUN/first.conf"
t_ok "ten thousand lines" takes 9900 "$LAB_RUN/long.conf"
t_ok "and back" takes 9900 "$LAB_RUN/first.conf"
sed 's|permit = \[ "10.0|permit = [ "10.x|; s|next_hop = "10.0.0.2"; }|next_hop = "10.0.0.999"; }|' \
	"$LAB_RUN/thousand.conf" >"$LAB_RUN/wrong.conf"
refused() {
	t_exit 1 lab_ctl reload "$LAB_RUN/wrong.conf" || return 1
	figure="$(grep -c 'wrong.conf:[0-9]*: ' <<<"$t_out") errors"
	[ "$figure" = "501 errors" ]
}
t_ok "a file with errors is refused with all of them" refused
touch "$LAB_RUN/stop"
flawless() {
	wait "$flow" || return 1
	read -r sent lost gap ends <"$LAB_RUN/flow"
	figure="$sent packets, $lost lost, longest silence $gap ms, seen as $ends"
	[ "$lost" = 0 ] && [ "$(wc -w <<<"$ends")" = 1 ]
}
t_ok "the flow noticed nothing" flawless
t_end
