/* SPDX-License-Identifier: BSD-3-Clause
 *
 * monitor_location_groups: ports that go down with the locations behind them. */
#ifndef CGN_CONTROL_MONITOR_H
#define CGN_CONTROL_MONITOR_H

#include "control/daemon.h"

/* Has a group its ports down, with so many of its locations down? Pure. */
bool cgn_monitor_is_down(uint32_t locations_down, uint32_t down_number);

/* Takes ports down, or up again, as the locations want it. Control lcore, after locations
 * have moved. */
void cgn_monitor_apply(struct cgn_daemon *d);

#endif
