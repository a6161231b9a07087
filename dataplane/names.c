/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The texts of the X-macro lists: drop reasons, stages, flows, events. Constant; any
 * lcore and any program may ask. */
#include "dataplane/drop.h"
#include "dataplane/stats.h"

static const struct {
	const char *name, *text, *rfc;
} drops[CGN_DROP_REASONS] = {
#define X(id, name, text, rfc) [CGN_DROP_##id] = { name, text, rfc },
	CGN_DROPS(X)
#undef X
};

struct label {
	const char *name, *text;
};

static const struct label stages[CGN_STAGE_COUNT] = {
#define X(id, name, text) [CGN_STAGE_##id] = { name, text },
	CGN_STAGES(X)
#undef X
};

static const struct label flows[CGN_FLOW_COUNT] = {
#define X(id, name, text) [CGN_FLOW_##id] = { name, text },
	CGN_FLOWS(X)
#undef X
};

static const struct label events[CGN_EVENT_COUNT] = {
#define X(id, name, text) [CGN_EVENT_##id] = { name, text },
	CGN_EVENTS(X)
#undef X
};

const char *
cgn_drop_name(enum cgn_drop reason)
{
	return drops[reason].name;
}

const char *
cgn_drop_text(enum cgn_drop reason)
{
	return drops[reason].text;
}

const char *
cgn_drop_rfc(enum cgn_drop reason)
{
	return drops[reason].rfc;
}

const char *
cgn_stage_name(enum cgn_stage_id id)
{
	return stages[id].name;
}

const char *
cgn_stage_text(enum cgn_stage_id id)
{
	return stages[id].text;
}

const char *
cgn_flow_name(enum cgn_flow_id id)
{
	return flows[id].name;
}

const char *
cgn_flow_text(enum cgn_flow_id id)
{
	return flows[id].text;
}

const char *
cgn_event_name(enum cgn_event_id id)
{
	return events[id].name;
}

const char *
cgn_event_text(enum cgn_event_id id)
{
	return events[id].text;
}
