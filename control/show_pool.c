/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show address-group: public addresses, their owners and their use.
 *
 * Which address is whose comes from the snapshot; how much of it is used is asked of the
 * workers first, all of them, and kept by address slot; then the groups are printed. An
 * address whose worker has not been asked (its location is down) shows no use. Control
 * lcore.
 */
#include <stdlib.h>
#include <string.h>

#include "control/query.h"
#include "control/show.h"

#define BATCH 256

struct use {
	uint32_t users, blocks;
	uint32_t ports, quarantined; /* not free; of them, waiting to be */
};

struct pools {
	struct cgn_query *query;
	uint32_t slots;
	struct use *use; /* by address slot of the snapshot */
};

static void
release(struct cgn_cmd_ctx *ctx)
{
	struct pools *pools = ctx->state;

	cgn_query_destroy(pools->query);
	free(pools->use);
	free(pools);
}

/* Blocks that an address of the pool can be divided into: by the smallest size in use.
 * Where ports are taken one by one there are none. */
static json_int_t
blocks_per_address(const struct cgn_snapshot *snap, uint32_t pool)
{
	unsigned size = 0;

	for (uint32_t i = 0; i < snap->n_instances; i++) {
		const struct cgn_instance *inst = &snap->instance[i];

		for (unsigned o = 0; o < inst->n_outbound; o++)
			if (inst->outbound[o].pool == pool && inst->block_size != 0 &&
				inst->port_mode != CGN_MODE_SINGLE &&
				(size == 0 || inst->block_size < size))
				size = inst->block_size;
	}
	return size != 0 ? CGN_PORT_COUNT / size : 0;
}

static json_t *
address_entry(const struct cgn_snapshot *snap, const struct pools *pools, uint32_t slot,
	json_int_t blocks_total)
{
	const struct cgn_snap_address *address = &snap->address[slot];
	uint32_t location = address->location;

	return json_pack("{s:o,s:o,s:I,s:I,s:I,s:I,s:I}", "address",
		cgn_show_addr4(address->addr), "location",
		location < snap->n_locations ? json_integer(snap->location[location].id)
					     : json_null(),
		"users", (json_int_t)pools->use[slot].users, "blocks_used",
		(json_int_t)pools->use[slot].blocks, "blocks_total", blocks_total,
		"ports_held", (json_int_t)pools->use[slot].ports, "ports_quarantined",
		(json_int_t)pools->use[slot].quarantined);
}

static uint32_t
find_pool(const struct cgn_snapshot *snap, const char *name)
{
	for (uint32_t i = 0; i < snap->n_pools; i++)
		if (strcmp(snap->pool[i].name, name) == 0)
			return i;
	return CGN_NONE;
}

static json_t *
group_entry(struct cgn_cmd_ctx *ctx, size_t number)
{
	const struct cgn_daemon *d = ctx->app;
	const struct cgn_snapshot *snap = d->snap;
	const struct cgn_conf_address_group *group = &d->conf->address_groups[number];
	const struct pools *pools = ctx->state;
	json_int_t users = 0, used = 0, ports = 0, waiting = 0, count = 0, per_address;
	json_t *addresses;
	uint32_t pool;

	if (number >= d->conf->n_address_groups)
		return NULL;
	addresses = json_array();
	pool = find_pool(snap, group->name);
	per_address = blocks_per_address(snap, pool);
	for (uint32_t slot = 0; slot < RTE_MIN(snap->n_addresses, pools->slots); slot++) {
		if (snap->address[slot].pool != pool || snap->address[slot].excluded)
			continue;
		json_array_append_new(
			addresses, address_entry(snap, pools, slot, per_address));
		users += pools->use[slot].users;
		used += pools->use[slot].blocks;
		ports += pools->use[slot].ports;
		waiting += pools->use[slot].quarantined;
		count++;
	}
	return json_pack("{s:s,s:i,s:s,s:b,s:s?,s:I,s:I,s:I,s:I,s:I,s:o}", "name",
		group->name, "id", (int)group->id, "vpn", group->vpn.name, "locked",
		group->locked, "overload",
		group->overload.index != CGN_CONF_NONE ? group->overload.name : NULL,
		"users", users, "blocks_used", used, "blocks_total", per_address * count,
		"ports_held", ports, "ports_quarantined", waiting, "addresses",
		addresses);
}

/* Asks the workers, and when all have answered becomes a list of groups. */
static int
next_answer(struct cgn_cmd_ctx *ctx)
{
	struct pools *pools = ctx->state;
	struct cgn_query *q = pools->query;
	const struct cgn_address_view *view = q->msg.out;
	const struct cgn_daemon *d = ctx->app;
	int rc = cgn_query_step(q, BATCH);

	if (rc == -ETIMEDOUT)
		return cgn_cmd_refuse(ctx, "board %u/%u does not answer",
			d->worker[q->at]->conf.slot, d->worker[q->at]->conf.cpu);
	for (uint32_t i = 0; rc == CGN_QUERY_BATCH && i < q->msg.n; i++) {
		if (view[i].slot >= pools->slots)
			continue;
		pools->use[view[i].slot].users += view[i].users;
		pools->use[view[i].slot].blocks += view[i].blocks;
		pools->use[view[i].slot].ports += view[i].ports_blocked;
		pools->use[view[i].slot].quarantined += view[i].ports_quarantined;
	}
	if (rc != CGN_QUERY_END)
		return CGN_CMD_AGAIN;
	if (ctx->call.arg == NULL) {
		cgn_cmd_reply_list(ctx, d->conf->n_address_groups, group_entry);
		return CGN_CMD_MORE;
	}
	for (uint32_t i = 0; i < d->conf->n_address_groups; i++) {
		if (strcmp(d->conf->address_groups[i].name, ctx->call.arg) == 0) {
			cgn_cmd_reply_one(ctx, i, group_entry);
			return CGN_CMD_MORE;
		}
	}
	return cgn_cmd_refuse(ctx, "no address-group %s", ctx->call.arg);
}

int
cgn_show_address_group(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;
	struct pools *pools = calloc(1, sizeof(*pools));

	if (pools == NULL)
		return -ENOMEM;
	ctx->state = pools;
	ctx->release = release;
	ctx->next = next_answer;
	pools->slots = d->snap->n_addresses;
	pools->use = calloc(pools->slots + 1, sizeof(*pools->use));
	pools->query = cgn_query_create(ctx->app, sizeof(struct cgn_address_view), BATCH);
	if (pools->use == NULL || pools->query == NULL)
		return -ENOMEM;
	pools->query->msg.op = CGN_MSG_ADDRESSES;
	return 0;
}
