#!/usr/bin/env bash
# What cannot start says so in one clear line, and exits with 1.
# Under sanitizers too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_labs+=("${LAB_SUFFIX#-}")
mkdir -p "$LAB_RUN/log"
: >"$LAB_RUN/namespaces"
lab_make_box
lab_make_inet
lab_make_nsub
LAB_TUNNEL_MTU=1540
lab_make_subs
conf=$LAB_RUN/cgnd.conf
start() { in_ns cgn timeout 60 "$CGN_BUILD/cgnd" -c "$conf"; }
one_line() { # one_line PATTERN: just one line is an error, and it matches
	figure=$(grep -E '^<[0-4]>|^cgnd:' <<<"$t_out" || true)
	[ "$(grep -c . <<<"$figure")" = 1 ] && grep -qE "$1" <<<"$figure"
}

lab_conf >"$conf"
t_ok "the lab's configuration is valid" t_exit 0 "$CGN_BUILD/cgnd" --check -c "$conf"

lab_conf | sed 's/iface=cgn-in4/iface=nowhere/' >"$conf"
t_ok "an interface that does not exist: exit 1" t_exit 1 start
t_ok "and one line names it" one_line 'inside4.*nowhere|nowhere.*inside4'

lab_conf | sed 's/"net_af_packet2,iface=cgn-out"/"0000:fe:1f.7"/' >"$conf"
t_ok "a PCI device that does not exist: exit 1" t_exit 1 start
t_ok "and one line names it" one_line '0000:fe:1f.7'

# More than this machine has reserved, be that nothing.
LAB_HUGEPAGES=true
LAB_MEMORY=$(awk '/^HugePages_Free/ { n = $2 } /^Hugepagesize/ { print n * $2 / 1024 + 2048 }' \
	/proc/meminfo)
lab_conf >"$conf"
t_ok "not enough hugepages: exit 1" t_exit 1 start
t_ok "and one line says both ways out" one_line 'nr_hugepages.*hugepages *= *false'

LAB_HUGEPAGES=false LAB_MEMORY=256
lab_conf | sed 's/lcores = "[^"]*"/lcores = "0@0,1@1000"/' >"$conf"
t_ok "a processor that does not exist: exit 1" t_exit 1 start
t_ok "and one line names it" one_line '1000'
nothing_left() { figure=$(find "$LAB_RUN/cgnd" -mindepth 1 2>/dev/null | tr '\n' ' ') && [ -z "$figure" ]; }
t_ok "nothing is left of a start that failed" nothing_left

t_ok "no such file: exit 1" t_exit 1 "$CGN_BUILD/cgnd" -c "$LAB_RUN/none.conf"

lab_conf | sed -e 's/weight = 1/wait = 1/' -e 's/mtu = 1600/mtu = 7/' \
	-e 's/service_instance_group = "group1"/service_instance_group = "group9"/' >"$conf"
t_ok "a bad configuration: --check exits with 1" t_exit 1 "$CGN_BUILD/cgnd" --check -c "$conf"
lines=$(grep -cE "^$conf:[0-9]+: [a-z_]+.*: " <<<"$t_out" || true)
t_ok "all four errors are told, with file, line and key" [ "$lines" -ge 4 ]
t_ok "the unknown key is named" grep -q 'wait' <<<"$t_out"
t_ok "so is the number out of its range" grep -q 'mtu' <<<"$t_out"
t_ok "so is the group that is not there" grep -q 'group9' <<<"$t_out"
t_ok "and it does not start either" t_exit 1 start
exit $((t_failed > 0))
