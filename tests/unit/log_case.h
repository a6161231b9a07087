/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records for the tests of the encoders. */
#ifndef CGN_TESTS_UNIT_LOG_CASE_H
#define CGN_TESTS_UNIT_LOG_CASE_H

#include <stdio.h>

#include "control/log_item.h"

/* 2026-01-31T12:00:00.123Z */
#define LOG_CASE_MS 1769860800123ull

static const struct cgn_record log_case_b4 = { .type = CGN_RECORD_BLOCK_TAKE,
	.kind = CGN_DS_LITE,
	.vpn_in = 5,
	.softwire = { 0x20, 0x01, 0x0d, 0xb8, 0x01, [15] = 1 },
	.outside = RTE_BE32(0xcb007101),
	.first = 1024,
	.last = 1087 };

static const struct cgn_record log_case_nat = { .type = CGN_RECORD_BLOCK_GIVE,
	.kind = CGN_NAT44,
	.inside = RTE_BE32(0x0a000002),
	.outside = RTE_BE32(0xcb007102),
	.first = 65472,
	.last = 65535 };

static const struct cgn_record log_case_session = { .type = CGN_RECORD_SESSION_ADD,
	.kind = CGN_NAT44,
	.proto = 17,
	.inside = RTE_BE32(0x0a000002),
	.outside = RTE_BE32(0xcb007102),
	.remote = RTE_BE32(0xc6336407),
	.inside_port = RTE_BE16(4000),
	.outside_port = RTE_BE16(1025),
	.remote_port = RTE_BE16(53) };

static inline struct cgn_log_item
log_case_item(const struct cgn_record *r)
{
	return (struct cgn_log_item){ .record = r,
		.wall_ms = LOG_CASE_MS,
		.instance = "ds1",
		.vpn = "",
		.pool = "pool1",
		.instance_id = 7,
		.pool_id = 3,
		.limit = 8192 };
}

#endif
