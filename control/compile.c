/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The compiler's life: steps in order, and who owns what.
 *
 * A snapshot has three parts that live for different times. The *routing* (forwarding
 * tables of 64 MB a VPN, next hops) is shared by all snapshots with the same routes. The
 * *base* is what a configuration says and does not depend on who hosts a location. The
 * *image* is what the caller gets: locations with their hosts, and the workers' address
 * records. So a fail-over costs one image, a reload without a change of routes costs a
 * base and an image. Routing and base count their users; the compiler holds the newest.
 *
 * What is not configured any more keeps its entry under its index, copied from base to
 * base, because sessions and packets under way may still name it; a removed interface has
 * no port, a removed instance gives nothing out, a removed location has no host. When
 * nothing can name it any more its index is given to another (compile_change.c).
 *
 * Control lcore only, except for the read-only queries of compile_query.c. Not handled:
 * giving back the index of an interface, a VPN, a location and a public address, so the
 * number of those ever seen is bounded (-ENOSPC). */
#include "control/compile_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/neigh.h"
#include "dataplane/worker.h"

#define MAX_VPNS  1024
#define MAX_SLOTS (1u << 24)

_Static_assert(CGN_MAX_LOCATIONS == CGN_CONF_MAX_LOCATIONS &&
		       CGN_MAX_INSTANCES == CGN_CONF_MAX_INSTANCES,
	"the reader and the dataplane have the same limits");

/* A scope never reads as an instance index below 1024 in the bytes that both kinds of
 * user key begin with: its low byte is at least 4. */
#define MAX_SCOPES (256 * 252)

struct cgn_compiler *
cgn_compile_create(void)
{
	struct cgn_compiler *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	if (getrandom(&c->sync_seed, sizeof(c->sync_seed), 0) != sizeof(c->sync_seed)) {
		free(c);
		return NULL;
	}
	cgn_registry_init(&c->ports, CGN_NAME, CGN_MAX_PORTS);
	cgn_registry_init(&c->ifaces, CGN_NAME, CGN_COMPILE_IFACES);
	cgn_registry_init(&c->vpns, CGN_NAME, MAX_VPNS);
	cgn_registry_init(&c->groups, CGN_NAME, CGN_CONF_MAX_GROUPS);
	cgn_registry_init(&c->pools, CGN_NAME, CGN_CONF_MAX_POOLS);
	cgn_registry_init(&c->instances, sizeof(struct cgn_compile_instance_key),
		CGN_MAX_INSTANCES);
	cgn_registry_init(&c->locations, sizeof(uint16_t), CGN_MAX_LOCATIONS);
	cgn_registry_init(&c->slots, sizeof(struct cgn_compile_slot_key), MAX_SLOTS);
	cgn_registry_init(&c->scopes, sizeof(struct cgn_compile_scope_key), MAX_SCOPES);
	return c;
}

static void
base_put(struct cgn_compile_base *base)
{
	if (base == NULL || --base->refs > 0)
		return;
	cgn_compile_routing_put(base->routing);
	cgn_region_fini(&base->region);
	free(base);
}

void
cgn_compile_destroy(struct cgn_compiler *c)
{
	if (c == NULL)
		return;
	base_put(c->base);
	for (unsigned i = 0; i < CGN_COMPILE_IFACES; i++)
		cgn_neigh_destroy(c->neigh[i]);
	cgn_compile_unlink(c);
	for (unsigned w = 0; w < CGN_MAX_WORKERS; w++)
		free(c->state[w].record);
	while (c->slabs != NULL) {
		struct cgn_compile_slab *slab = c->slabs;

		c->slabs = slab->next;
		free(slab);
	}
	cgn_registry_fini(&c->ports);
	cgn_registry_fini(&c->ifaces);
	cgn_registry_fini(&c->vpns);
	cgn_registry_fini(&c->groups);
	cgn_registry_fini(&c->pools);
	cgn_registry_fini(&c->instances);
	cgn_registry_fini(&c->locations);
	cgn_registry_fini(&c->slots);
	cgn_registry_fini(&c->scopes);
	free(c);
}

void *
cgn_compile_take(struct cgn_region *region, size_t n, size_t size)
{
	void *piece = cgn_region_take(region, n, size);

	if (piece == NULL)
		cgn_log(LOG_ERR, "out of memory");
	return piece;
}

int
cgn_compile_index(
	struct cgn_registry *reg, const char *what, const char *name, uint16_t *index)
{
	char key[CGN_NAME] = "";
	uint32_t i;

	cgn_compile_name(key, name);
	i = cgn_registry_add(reg, key);
	if (i == CGN_NONE) {
		cgn_log(LOG_ERR, "%s \"%s\": more than %u different names", what, name,
			reg->max);
		return -ENOSPC;
	}
	*index = (uint16_t)i;
	return 0;
}

/* Index of a location by its configured id. */
static int
location_index(struct cgn_compile_run *r, uint32_t i)
{
	uint16_t id = (uint16_t)r->conf->locations[i].id;
	uint32_t index = cgn_registry_add(&r->c->locations, &id);

	if (index == CGN_NONE) {
		cgn_log(LOG_ERR, "service-location %u: more than %u since the start", id,
			CGN_MAX_LOCATIONS);
		return -ENOSPC;
	}
	r->location[i] = (uint16_t)index;
	return 0;
}

/* So that a box that is given its reserve alone has blocks for all of its instances. */
static void
reserves(struct cgn_compile_run *r)
{
	for (uint32_t i = 0; i < r->conf->n_instances; i++) {
		const struct cgn_conf_instance *in = &r->conf->instances[i];
		const struct cgn_conf_group *g = &r->conf->groups[in->group.index];
		uint32_t size =
			RTE_MAX(in->port_range.size, in->port_range.extended_size);

		for (uint32_t m = 0; m < g->n_members; m++) {
			uint32_t at = r->location[g->members[m].location.index];
			struct cgn_location *l = &r->base->location[at];

			l->reserve = RTE_MAX(l->reserve, cgn_own_reserve(size));
		}
	}
}

/* The table of locations (what is the same on every host), and the order in which a
 * caller tells their hosts. */
int
cgn_compile_locations(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	struct cgn_compile_base *base = r->base;

	for (uint32_t i = 0; i < conf->n_locations; i++) {
		int rc = location_index(r, i);

		if (rc < 0)
			return rc;
	}
	base->n_hosts = conf->n_locations;
	base->host_of = cgn_compile_take(&base->region, base->n_hosts, sizeof(uint16_t));
	base->location = cgn_compile_take(
		&base->region, r->c->locations.n, sizeof(*base->location));
	if (base->host_of == NULL || base->location == NULL)
		return -ENOMEM;
	r->snap->n_locations = (uint16_t)r->c->locations.n;
	memcpy(base->host_of, r->location, base->n_hosts * sizeof(uint16_t));
	for (uint32_t i = 0; i < r->snap->n_locations; i++) {
		base->location[i] = (struct cgn_location){ .worker = CGN_NONE16,
			.standby = CGN_NONE16 };
		memcpy(&base->location[i].id, cgn_registry_key(&r->c->locations, i),
			sizeof(uint16_t));
	}
	reserves(r);
	return 0;
}

/* Arrays from the configuration's indices to ours. */
static int
run_maps(struct cgn_compile_run *r)
{
	const struct cgn_conf *conf = r->conf;
	const struct {
		uint16_t **map;
		uint32_t n;
	} maps[] = {
		{ &r->port, conf->n_ports },
		{ &r->iface, conf->n_ports },
		{ &r->vpn, conf->n_vpns },
		{ &r->group, conf->n_groups },
		{ &r->pool, conf->n_address_groups },
		{ &r->instance, conf->n_instances },
		{ &r->location, conf->n_locations },
	};

	for (unsigned i = 0; i < RTE_DIM(maps); i++) {
		*maps[i].map = cgn_compile_take(&r->scratch, maps[i].n, sizeof(uint16_t));
		if (*maps[i].map == NULL)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < conf->n_vpns; i++) {
		int rc = cgn_compile_index(&r->c->vpns, "vpn", conf->vpns[i], &r->vpn[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void
license(struct cgn_compile_run *r, uint32_t worker)
{
	const struct cgn_conf_cpu *cpu = r->conf->cpus[worker];
	int32_t of = r->conf->boards[cpu->board].license;
	const struct cgn_conf_license *l = &r->conf->license[of];

	if (of == CGN_CONF_NONE)
		return;
	r->snap->license[worker] = (struct cgn_license){ .sessions = cpu->sessions,
		.users = cpu->users,
		.create_rate = cpu->create_rate,
		.kind = { [CGN_DS_LITE] = l->ds_lite,
			[CGN_NAT44] = l->nat44,
			[CGN_NAT64] = l->nat64 } };
}

static int
run_steps(struct cgn_compile_run *r)
{
	int (*const step[])(struct cgn_compile_run *) = { run_maps, cgn_compile_ifaces,
		cgn_compile_locations, cgn_compile_pools, cgn_compile_policy,
		cgn_compile_rules, cgn_compile_aftrs, cgn_compile_servers,
		cgn_compile_settling, cgn_compile_routes };

	for (unsigned i = 0; i < RTE_DIM(step); i++) {
		int rc = step[i](r);

		if (rc < 0)
			return rc;
	}
	for (uint32_t i = 0; i < r->conf->n_cpus; i++)
		license(r, i);
	r->snap->quarantine_ms = r->conf->quarantine.time * 1000;
	r->snap->quarantine_ports = r->conf->quarantine.ports;
	cgn_compile_sync(r);
	r->snap->location = r->base->location;
	return 0;
}

/* Pointers of the image to the workers' records, as they are now. */
static int
image_state(struct cgn_compiler *c, struct cgn_compile_image *image)
{
	struct cgn_snapshot *s = &image->snap;
	size_t n = RTE_MAX(s->n_addresses, 1u);
	struct cgn_address **none = cgn_compile_take(&image->region, n, sizeof(*none));

	if (none == NULL)
		return -ENOMEM;
	for (unsigned w = 0; w < CGN_MAX_WORKERS; w++) {
		const struct cgn_compile_state *state = &c->state[w];
		struct cgn_address **record = none;

		if (state->record != NULL) {
			record = cgn_compile_take(&image->region, n, sizeof(*record));
			if (record == NULL)
				return -ENOMEM;
			memcpy(record, state->record,
				RTE_MIN((uint32_t)n, state->room) * sizeof(*record));
		}
		s->state[w] = record;
	}
	return 0;
}

/* What one host or standby of a location said must not be taken for another's. */
static void
image_epochs(const struct cgn_compiler *c, struct cgn_location *location, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct cgn_location *last = &c->last[i];

		if (location[i].epoch)
			continue;
		location[i].epoch =
			last->epoch + (last->epoch == 0 ||
					      location[i].worker != last->worker ||
					      location[i].standby != last->standby);
	}
}

/* Digests that two boxes compare: no secret, but another one for each copy. */
static uint64_t
common_seed(uint16_t id, uint32_t epoch)
{
	uint64_t h = ((uint64_t)id << 32 | epoch) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	return h ^ h >> 32;
}

static int
image_fill(struct cgn_compiler *c, struct cgn_compile_image *image,
	const struct cgn_compile_host *host, const bool *switched)
{
	const struct cgn_compile_base *base = image->base;
	struct cgn_location *location = cgn_compile_take(
		&image->region, base->snap.n_locations, sizeof(*location));
	int rc;

	if (location == NULL)
		return -ENOMEM;
	image->snap = base->snap;
	memcpy(location, base->location, base->snap.n_locations * sizeof(*location));
	for (uint32_t i = 0; i < base->n_hosts; i++) {
		struct cgn_location *l = &location[base->host_of[i]];

		l->worker = host[i].worker;
		l->standby = host[i].standby;
		l->slot = host[i].slot;
		l->cpu = host[i].cpu;
		l->own = host[i].own;
		l->epoch = host[i].epoch;
		l->seed = host[i].epoch ? common_seed(l->id, l->epoch) : c->sync_seed;
	}
	image_epochs(c, location, base->snap.n_locations);
	image->snap.location = location;
	rc = cgn_compile_switch(image, switched);
	if (rc == 0)
		rc = cgn_compile_records(c, &image->snap);
	if (rc == 0)
		rc = cgn_compile_links(c, &image->snap);
	return rc < 0 ? rc : image_state(c, image);
}

static void
image_free(struct cgn_compile_image *image)
{
	base_put(image->base);
	cgn_region_fini(&image->region);
	free(image);
}

/* A snapshot of a base with these hosts. */
static int
image_create(struct cgn_compiler *c, struct cgn_compile_base *base,
	const struct cgn_compile_host *host, const bool *switched,
	const struct cgn_snapshot **out)
{
	struct cgn_compile_image *image = calloc(1, sizeof(*image));
	int rc;

	if (image == NULL) {
		cgn_log(LOG_ERR, "out of memory");
		return -ENOMEM;
	}
	image->base = base;
	base->refs++;
	rc = image_fill(c, image, host, switched);
	if (rc < 0) {
		image_free(image);
		return rc;
	}
	image->snap.generation = ++c->generation;
	memcpy(c->last, image->snap.location,
		image->snap.n_locations * sizeof(*image->snap.location));
	*out = &image->snap;
	return 0;
}

void
cgn_compile_drop(struct cgn_compile_draft *draft)
{
	if (draft == NULL)
		return;
	base_put(draft->run.base);
	cgn_region_fini(&draft->run.scratch);
	free(draft->run.route);
	free(draft);
}

int
cgn_compile_begin(struct cgn_compiler *c, const struct cgn_conf *conf,
	const struct cgn_compile_inputs *in, struct cgn_compile_draft **out)
{
	struct cgn_compile_base *base = calloc(1, sizeof(*base));
	struct cgn_compile_draft *draft = calloc(1, sizeof(*draft));
	int rc;

	if (base == NULL || draft == NULL) {
		free(base);
		free(draft);
		cgn_log(LOG_ERR, "out of memory");
		return -ENOMEM;
	}
	base->refs = 1;
	draft->run = (struct cgn_compile_run){ .c = c,
		.conf = conf,
		.in = in,
		.base = base,
		.snap = &base->snap,
		.old = c->base ? &c->base->snap : NULL };
	cgn_compile_reclaim(&draft->run);
	rc = run_steps(&draft->run);
	if (rc < 0) {
		cgn_compile_drop(draft);
		return rc;
	}
	*out = draft;
	return 0;
}

int
cgn_compile_fill(struct cgn_compile_draft *draft)
{
	return cgn_compile_fibs(&draft->run);
}

int
cgn_compile_image(struct cgn_compile_draft *draft, const struct cgn_compile_host *host,
	const bool *switched, const struct cgn_snapshot **out)
{
	return image_create(draft->run.c, draft->run.base, host, switched, out);
}

void
cgn_compile_end(struct cgn_compile_draft *draft)
{
	struct cgn_compiler *c = draft->run.c;

	base_put(c->base);
	c->base = draft->run.base;
	draft->run.base = NULL;
	cgn_compile_drop(draft);
}

int
cgn_compile(struct cgn_compiler *c, const struct cgn_conf *conf,
	const struct cgn_compile_inputs *in, const struct cgn_snapshot **out)
{
	struct cgn_compile_draft *draft;
	int rc = cgn_compile_begin(c, conf, in, &draft);

	if (rc < 0)
		return rc;
	rc = cgn_compile_fill(draft);
	if (rc == 0)
		rc = cgn_compile_image(draft, in->host, in->switched, out);
	if (rc < 0)
		cgn_compile_drop(draft);
	else
		cgn_compile_end(draft);
	return rc;
}

int
cgn_compile_rehost(struct cgn_compiler *c, const struct cgn_compile_host *host,
	const bool *switched, const struct cgn_snapshot **out)
{
	return image_create(c, c->base, host, switched, out);
}

void
cgn_snapshot_free(const struct cgn_snapshot *snap)
{
	if (snap != NULL)
		image_free((struct cgn_compile_image *)(uintptr_t)snap);
}
