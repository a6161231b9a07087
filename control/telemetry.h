/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_TELEMETRY_H
#define CGN_CONTROL_TELEMETRY_H

/**
 * Puts every `show` command at DPDK's telemetry socket: /cgn/board is "show board". EAL
 * has been started. Once; they stay until the process ends.
 * @param run_dir  where the command socket is going to be
 */
void cgn_telemetry_init(const char *run_dir);

#endif
