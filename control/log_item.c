/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What an encoder of logs has to know beside the record. Pure functions. */
#include "control/log_item.h"

uint32_t
cgn_log_item_limit(const struct cgn_snapshot *snap, const struct cgn_worker_conf *from,
	const struct cgn_record *r)
{
	const struct cgn_instance *inst = &snap->instance[r->instance];
	unsigned class = r->proto == CGN_IPPROTO_TCP   ? CGN_TCP
			 : r->proto == CGN_IPPROTO_UDP ? CGN_UDP
						       : CGN_ICMP;

	switch (r->type) {
	case CGN_RECORD_LIMIT_SESSIONS:
		return RTE_MIN(inst->max_sessions, inst->max_class[class]);
	case CGN_RECORD_LIMIT_REVERSE:
		return RTE_MIN(inst->max_reverse, inst->max_reverse_class[class]);
	case CGN_RECORD_LIMIT_PORTS:
		return inst->max_ports[class];
	case CGN_RECORD_LIMIT_RATE:
		return inst->create_rate;
	case CGN_RECORD_LIMIT_BOARD:
		return snap->license[from->index].create_rate;
	case CGN_RECORD_USERS_FULL:
		return from->users;
	case CGN_RECORD_SESSIONS_FULL:
		return from->sessions;
	}
	return 0;
}
