#!/usr/bin/env bash
# The shell of cgnctl, typed at through a pseudo-terminal; and the completion of bash.
# Not under sanitizers: the grammar behind it runs there in tests/unit/test_cmd_complete.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

t_up
mkdir "$LAB_RUN/home"
t_ok "the shell" python3 "$(dirname "$0")/shell.py" "$CGN_BUILD/cgnctl" "$(lab_run_dir)" \
	"$LAB_RUN/home"
t_ok "the history is nobody else's" \
	[ "$(stat -c %a "$LAB_RUN/home/.cgnctl_history")" = 600 ]

# --- bash ----------------------------------------------------------------------------

# shellcheck source=packaging/cgnctl.completion
. "$TOP/packaging/cgnctl.completion"
completed() { # completed EXPECTED WORD…: what bash offers for the last word
	local want=$1
	shift
	COMP_WORDS=("$CGN_BUILD/cgnctl" "$@") COMP_CWORD=$#
	COMPREPLY=()
	_cgnctl
	figure=${COMPREPLY[*]}
	[ "$figure" = "$want" ]
}
t_ok "bash completes a word" completed board show bo
t_ok "and lists what there is" completed 'session user' clear ''
t_ok "after an option" completed statistics --json show stat
t_ok "keys" completed role= show user ro
t_ok "values, which bash has taken apart" completed 'active standby' show user role =
t_ok "and begun" completed standby show user role = s
t_ok "options" completed --json --j
t_ok "abbreviations of one command" t_exit 0 lab_ctl sh ver
t_ok "cgnctl without command and terminal: usage" t_exit 2 lab_ctl
t_end
