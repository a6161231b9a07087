#!/usr/bin/env bash
# The package is installed with dpkg, started as its unit says, reloaded, stopped, removed
# and purged; on a copy of this machine's files (an overlay whose changes are kept in
# memory), so that the machine stays as it is. This test plays systemd: it runs what the
# unit names and listens at the notify socket.
# Not under sanitizers: nobody packages such a build.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# In a mount namespace of its own, which ends with the test and all its mounts with it.
if [ "${IN_OWN_MOUNTS:-}" != 1 ]; then
	IN_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0"
fi
t_labs+=("${LAB_SUFFIX#-}")
mkdir -p "$LAB_RUN"/{log,deb}
: >"$LAB_RUN/namespaces"
lab_make_box
lab_make_inet
lab_make_nsub
LAB_TUNNEL_MTU=1540
lab_make_subs

# The copy is not below a place that is removed at the end, and nothing of the machine but
# the directory of the lab is mounted in it: nobody can remove through it what is not the
# test's.
ROOT=/mnt/root
in_root() { chroot "$ROOT" "$@"; }
mount -t tmpfs tmpfs /mnt
mkdir /mnt/{up,work,root}
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work "$ROOT" 2>/dev/null ||
	{ say "skipped: no overlay file system" && exit 77; }
for dir in dev run tmp; do mount -t tmpfs tmpfs "$ROOT/$dir"; done
mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sysfs "$ROOT/sys"
for node in null:3 zero:5 full:7 random:8 urandom:9; do
	mknod -m 666 "$ROOT/dev/${node%:*}" c 1 "${node#*:}"
done
mkdir -p "$ROOT$LAB_RUN" "$ROOT/run/lock"
mount --bind "$LAB_RUN" "$ROOT$LAB_RUN"

# --- install -------------------------------------------------------------------------

package=$("$TOP/scripts/package" --build "$CGN_BUILD" --out "$LAB_RUN/deb")
t_must "a package is built" test -s "$package"
describe() { figure="$(stat -c %s "$package") bytes, $(dpkg-deb -c "$package" | wc -l) files"; }
t_ok "its size" describe
cp "$package" "$ROOT/root/softboard.deb"
t_must "dpkg installs it, dependencies and all" t_exit 0 in_root dpkg -i /root/softboard.deb
t_ok "its files are those of the package" t_exit 0 in_root dpkg --verify softboard
t_ok "the group is there" in_root getent group cgnd
t_ok "the place of the configuration is not for everybody" \
	[ "$(in_root stat -c '%a %G' /etc/cgnd)" = "2750 cgnd" ]
for page in cgnd.8 cgnctl.1 cgnbench.1 cgnd.conf.5; do
	t_ok "manual page $page reads without a warning" [ -z "$(
		in_root man --warnings -E UTF-8 -l "/usr/share/man/man${page##*.}/$page.gz" 2>&1 >/dev/null)" ]
done
readme() { # what it links to is there
	local link
	in_root grep -oP '\]\(\K[^)#]+' /usr/share/doc/softboard/README.md >"$LAB_RUN/links"
	figure="$(wc -l <"$LAB_RUN/links") links"
	[ -s "$LAB_RUN/links" ] || return 1
	while read -r link; do
		in_root test -e "/usr/share/doc/softboard/$link" || figure+=", no $link"
	done <"$LAB_RUN/links"
	[[ $figure != *", no "* ]]
}
t_ok "its README" readme
manual_keys() { # as many as the page in doc/ has
	figure=$(in_root zcat /usr/share/man/man5/cgnd.conf.5.gz | grep -c '^\.TP')
	[ "$figure" = "$(grep -c '^| `' "$TOP/doc/configuration.md")" ]
}
t_ok "the manual has every key" manual_keys
t_ok "the unit is in order" t_exit 0 in_root systemd-analyze verify --man=no cgnd.service
exposure() {
	figure=$(in_root systemd-analyze security --offline=true --threshold=60 cgnd.service 2>&1 |
		tail -n 1)
	in_root systemd-analyze security --offline=true --threshold=60 cgnd.service >/dev/null 2>&1
}
t_ok "its exposure is below 6.0" exposure

# --- prepare -------------------------------------------------------------------------

# A machine made of files: 3 free pages of 2 MB, a card that the kernel has.
mkdir -p "$ROOT"/root/fake/{huge/hugepages-2048kB,pci/devices/0000:03:00.0/driver,pci/drivers/vfio-pci}
echo 3 >"$ROOT/root/fake/huge/hugepages-2048kB/free_hugepages"
echo 5 >"$ROOT/root/fake/huge/hugepages-2048kB/nr_hugepages"
cat >"$ROOT/root/pci.conf" <<'CONF'
dpdk: { lcores = "0@0,1@0"; control_lcore = 0; hugepages = true; memory_mb = 1024; };
ports: ( { name = "p"; device = "03:00.0,arg=1"; addresses = [ "192.0.2.1/24" ]; } );
boards: ( { slot = 1; cpus = ( { cpu = 0; lcore = 1; } ); } );
license: ( { slot = 1; } );
CONF
t_ok "what a configuration needs" t_exit 0 in_root cgnd --needs -c /root/pci.conf
t_ok "is told" [ "$t_out" = $'hugepages_mb=1024\npci=03:00.0' ]
prepare() {
	in_root env SOFTBOARD_HUGE=/root/fake/huge SOFTBOARD_PCI=/root/fake/pci \
		/usr/lib/softboard/prepare /root/pci.conf
}
t_ok "prepare makes the machine ready" t_exit 0 prepare
is_file() { figure=$(cat "$ROOT/root/fake/$1" 2>&1) && [ "$figure" = "$2" ]; }
t_ok "hugepages: 509 more" is_file huge/hugepages-2048kB/nr_hugepages 514
t_ok "the card is bound" is_file pci/drivers_probe 0000:03:00.0
t_ok "to vfio-pci" is_file pci/devices/0000:03:00.0/driver_override vfio-pci

# --- start, as the unit says ---------------------------------------------------------

unit=$ROOT/lib/systemd/system/cgnd.service
start_line=$(sed -n 's/^ExecStart=//p' "$unit")
lab_conf | sed 's|run_dir = "[^"]*"|run_dir = "'"$LAB_RUN"'/cgnd"; group = "cgnd"|' >"$LAB_RUN/cgnd.conf"
cp "$LAB_RUN/cgnd.conf" "$ROOT/etc/cgnd/cgnd.conf"
notes=$LAB_RUN/notes
lab_spawn cgn notify python3 "$TOP/tests/lab/notify.py" "$LAB_RUN/notify" "$notes"
t_must "somebody listens" wait_for 10 test -S "$LAB_RUN/notify"
run_unit() {
	local rc=0
	# shellcheck disable=SC2086
	STATE_DIRECTORY=/var/lib/cgnd NOTIFY_SOCKET=$LAB_RUN/notify WATCHDOG_USEC=400000 ip netns exec "cgn$LAB_SUFFIX" \
		chroot "$ROOT" $start_line </dev/null >"$LAB_RUN/cgnd.log" 2>&1 &
	echo $! >"$LAB_RUN/cgnd.pid"
	wait $! || rc=$?
	echo "$rc" >"$LAB_RUN/cgnd.rc"
}
run_unit &
said() { grep -q "$1" "$notes"; }
t_must "it tells that it is ready" wait_for 60 said '^READY=1'
t_ok "and its status" wait_for 5 said '^STATUS=1 of 1 board CPUs in service'
t_ok "and gives signs of life" wait_for 5 said '^WATCHDOG=1'
t_ok "traffic" m_ping nsub "$WEB4"
ctl() { in_root cgnctl --run-dir "$LAB_RUN/cgnd" "$@"; }
t_ok "cgnctl of the package" t_exit 0 ctl show board
t_ok "its socket is the group's" \
	[ "$(in_root stat -c %G "$LAB_RUN/cgnd/cgnd.sock")" = cgnd ]

# --- reload --------------------------------------------------------------------------

reload=$(sed -n 's/^ExecReload=//p' "$unit")
pid=$(cat "$LAB_RUN/cgnd/cgnd.pid")
in_root sh -c "${reload/\$MAINPID/$pid}"
t_ok "it goes on after a reload" m_ping nsub "$WEB4"
t_ok "with the same process" [ "$(cat "$LAB_RUN/cgnd/cgnd.pid")" = "$pid" ]

# --- commit: without the privileges of the start --------------------------------------

chmod 640 "$ROOT/etc/cgnd/cgnd.conf"
sed 's|mtu = 1540;|& timers: { udp = 71; };|' "$LAB_RUN/cgnd.conf" >"$ROOT/root/next.conf"
t_ok "another file is committed" t_exit 0 ctl reload /root/next.conf
t_ok "it is the configuration now" cmp -s "$ROOT/root/next.conf" "$ROOT/etc/cgnd/cgnd.conf"
t_ok "the group may read it as before" \
	[ "$(in_root stat -c '%a %G' /etc/cgnd/cgnd.conf)" = "640 cgnd" ]
entries() { figure="$(in_root ls /var/lib/cgnd/history | wc -l) entries" && [ "$figure" = "$1 entries" ]; }
t_ok "the history is in the service's place" entries 2

# --- a box without boards gives no signs of life -------------------------------------

signs() { grep -c '^WATCHDOG=1' "$notes"; }
if ctl debug hang 1 >/dev/null 2>&1; then
	wait_for 10 said '^STATUS=0 of 1'
	before=$(signs)
	sleep 1 # ten intervals, by the clock of the service manager
	t_ok "no board: no signs of life" [ "$(signs)" = "$before" ]
	ctl board start 1 >/dev/null
	more() { [ "$(signs)" -gt "$before" ]; }
	t_ok "a board: they are back" wait_for 10 more
fi

# --- stop, remove --------------------------------------------------------------------

kill -TERM "$pid"
t_ok "it stops" wait_for 20 test -e "$LAB_RUN/cgnd.rc"
t_ok "with 0" [ "$(cat "$LAB_RUN/cgnd.rc")" = 0 ]
t_ok "it has said so" said '^STOPPING=1'
rm -f "$LAB_RUN/cgnd.pid" "$LAB_RUN/cgnd.rc"
t_ok "dpkg removes it" t_exit 0 in_root dpkg -r softboard
t_ok "the configuration stays" test -e "$ROOT/etc/cgnd/cgnd.conf"
t_ok "the programs are gone" test ! -e "$ROOT/usr/sbin/cgnd"
t_ok "dpkg purges it" t_exit 0 in_root dpkg -P softboard
left() {
	# shellcheck disable=SC2012
	figure=$(cd "$ROOT" && ls -d etc/cgnd var/lib/cgnd etc/default/softboard usr/lib/softboard \
		lib/systemd/system/cgnd.service 2>/dev/null | tr '\n' ' ')
	[ -z "$figure" ]
}
t_ok "and nothing is left" left
exit $((t_failed > 0))
