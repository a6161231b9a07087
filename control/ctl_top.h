/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_TOP_H
#define CGN_CONTROL_CTL_TOP_H

/**
 * Shows boards, locations, drops and users on the terminal, once a second, until q is
 * pressed or the daemon goes.
 * @return the exit code of cgnctl
 */
int cgn_ctl_top(const char *run_dir);

#endif
