/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_SHELL_H
#define CGN_CONTROL_CTL_SHELL_H

#include <stdbool.h>
#include <stdio.h>

/* Runs one command, printing to `out`; the exit code of cgnctl. */
typedef int cgn_ctl_shell_fn(
	void *ctx, int argc, const char *const *argv, bool json, FILE *out);

/**
 * Reads commands from the terminal until `exit`, `quit` or the end of the input.
 * @param run  is called in a process of its own for each command
 * @return the exit code of cgnctl
 */
int cgn_ctl_shell(cgn_ctl_shell_fn *run, void *ctx);

#endif
