#!/usr/bin/env bash
# ssh sessions that nobody types in, with the clock of the box turned: idle for longer than
# the transitory timer (240 s) and almost as long as the established one (7440 s) they work,
# again and again; idle for longer than that they are gone, and a new one works.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

sshd_up() {
	mkdir -p /run/sshd "$LAB_RUN/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$LAB_RUN/ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$LAB_RUN/ssh/user"
	cat >"$LAB_RUN/ssh/config" <<-CONF
		ListenAddress $WEB4:22
		HostKey $LAB_RUN/ssh/host
		AuthorizedKeysFile $LAB_RUN/ssh/user.pub
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
		UseDNS no
		PidFile none
	CONF
	lab_spawn inet sshd /usr/sbin/sshd -D -e -f "$LAB_RUN/ssh/config"
	wait_for 10 in_ns inet ssh-keyscan -T 1 "$WEB4"
}

ssh_to() { # ssh_to NS COMMAND…
	local ns=$1
	shift
	in_ns "$ns" ssh -T -i "$LAB_RUN/ssh/user" -o BatchMode=yes -o ConnectTimeout=5 \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR "root@$WEB4" "$@"
}

declare -A to from
# login NS: a session that stays, with a program at the other end that repeats each line.
login() {
	local in out
	mkfifo "$LAB_RUN/ssh/$1.in" "$LAB_RUN/ssh/$1.out"
	# shellcheck disable=SC2016  # of the shell at the other end
	ssh_to "$1" 'while read -r line; do echo "$line"; done' \
		<"$LAB_RUN/ssh/$1.in" >"$LAB_RUN/ssh/$1.out" &
	exec {in}>"$LAB_RUN/ssh/$1.in" {out}<"$LAB_RUN/ssh/$1.out"
	to[$1]=$in from[$1]=$out
	alive "$1"
}
# alive NS: the other end repeats what is typed.
alive() {
	local word=$RANDOM$RANDOM line='' begin=$EPOCHREALTIME
	printf '%s\n' "$word" >&"${to[$1]}"
	read -r -t "${2:-5}" -u "${from[$1]}" line || true
	figure=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN {
		printf "after %.1f ms", (b - a) * 1e3 }')
	[ "$line" = "$word" ]
}
gone() { ! alive "$1" 2 && figure=''; }
ssh_sessions() {
	lab_ctl --json show session proto=tcp remote="$WEB4:22" |
		jq '[.sessions[] | select(.state == "established")] | length'
}
sessions_are() { [ "$(ssh_sessions)" = "$1" ]; }

t_up
t_must "sshd" sshd_up
for ns in sub nsub; do t_must "$ns: login" login "$ns"; done
t_ok "two established sessions" sessions_are 2
for idle in 250 3600 7400 7400; do
	t_clock "$idle"
	# A small table is swept in the turn after the clock's, before a question is answered.
	t_ok "idle for $idle s: the sessions are there" sessions_are 2
	for ns in sub nsub; do t_ok "$ns: and it works" alive "$ns"; done
done
t_clock 7441
t_ok "idle for 7441 s: the sessions are gone" wait_for 5 sessions_are 0
for ns in sub nsub; do
	t_ok "$ns: no answer any more" gone "$ns"
	t_ok "$ns: a new login" ssh_to "$ns" true
done
t_ok "what came without a session is counted" t_json '.statistics.drops.tcp_no_syn > 0' \
	show statistics
t_ok "all ports return" t_returned
t_end
