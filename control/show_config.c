/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show config: the running configuration, defaults filled in.
 *
 * It is walked along the schema that it was read by, so every key has the name, the order
 * and the form of the configuration file, and a new key is shown as soon as it can be
 * read. Control lcore.
 */
#include <string.h>

#include "conf/schema.h"
#include "control/change.h"
#include "control/show.h"

static json_t *show_struct(const struct cgn_schema *schema, const char *base);

static json_int_t
read_int(const struct cgn_schema_key *key, const char *at)
{
	uint16_t half;
	uint32_t word;
	int32_t number;

	if (key->size == sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		return half;
	}
	memcpy(&word, at, sizeof(word));
	memcpy(&number, at, sizeof(number));
	return key->min < 0 ? number : (json_int_t)word;
}

static json_t *
show_word(const struct cgn_schema_word *words, uint32_t value)
{
	for (; words != NULL && words->word != NULL; words++)
		if (words->value == value)
			return json_string(words->word);
	return NULL;
}

/* A number, or the word that stands for it. */
static json_t *
show_int(const struct cgn_schema_key *key, const char *at)
{
	json_int_t number = read_int(key, at);
	json_t *word = show_word(key->words, (uint32_t)number);

	return word != NULL ? word : json_integer(number);
}

static json_t *
show_flags(const struct cgn_schema_key *key, const char *at)
{
	json_t *list = json_array();
	uint32_t bits = *(const uint32_t *)at;

	for (const struct cgn_schema_word *word = key->words; word->word != NULL; word++)
		if ((bits & word->value) != 0)
			json_array_append_new(list, json_string(word->word));
	return list;
}

static json_t *
show_range(const struct cgn_conf_range *range)
{
	char first[32], last[32];
	struct cgn_conf_addr addr = { .family = 4 };
	rte_be32_t word = rte_cpu_to_be_32(range->first);

	memcpy(addr.bytes, &word, sizeof(word));
	cgn_conf_addr_format(&addr, first);
	word = rte_cpu_to_be_32(range->last);
	memcpy(addr.bytes, &word, sizeof(word));
	cgn_conf_addr_format(&addr, last);
	if (range->first == range->last)
		return json_string(first);
	return json_sprintf("%s-%s", first, last);
}

static json_t *
show_endpoint(const struct cgn_conf_addr *addr, uint16_t port)
{
	char text[64];

	if (addr->family == 0)
		return json_null();
	cgn_conf_addr_format(addr, text);
	return json_sprintf(addr->family == 6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* What is not given is empty in the configuration; the VPN without a name is one, too. */
static json_t *
show_text(const char *text)
{
	return text != NULL && *text != '\0' ? json_string(text) : json_null();
}

static json_t *
show_reference(const struct cgn_schema_key *key, const struct cgn_conf_ref *ref)
{
	return key->ref == CGN_REF_VPN ? json_string(ref->name) : show_text(ref->name);
}

static json_t *
show_location(const struct cgn_conf_location_ref *ref)
{
	return ref->id != 0 ? json_integer(ref->id) : json_null();
}

static json_t *
show_value(const struct cgn_schema_key *key, const char *base, const char *at)
{
	const struct cgn_conf_prefix *prefix = (const void *)at;
	const struct cgn_conf_ifaddr *ifaddr = (const void *)at;

	switch (key->type) {
	case CGN_KEY_BOOL:
		return json_boolean(*(const bool *)at);
	case CGN_KEY_INT:
		return show_int(key, at);
	case CGN_KEY_STRING:
		return show_text(*(const char *const *)at);
	case CGN_KEY_NAME:
		return show_text(at);
	case CGN_KEY_WORD:
		return show_word(key->words, (uint32_t)read_int(key, at));
	case CGN_KEY_ADDR:
		return cgn_show_addr((const void *)at);
	case CGN_KEY_PREFIX:
		return cgn_show_prefix(&prefix->addr, prefix->len);
	case CGN_KEY_IFADDR:
		return cgn_show_prefix(&ifaddr->addr, ifaddr->len);
	case CGN_KEY_RANGE:
		return show_range((const void *)at);
	case CGN_KEY_ENDPOINT:
		return show_endpoint(
			(const void *)at, *(const uint16_t *)(base + key->second));
	case CGN_KEY_REF:
		return show_reference(key, (const void *)at);
	case CGN_KEY_LOCATION:
		return show_location((const void *)at);
	case CGN_KEY_FLAG:
		return show_flags(key, at);
	case CGN_KEY_GROUP:
	case CGN_KEY_LIST:
		return show_struct(key->sub, at);
	}
	return NULL;
}

/* Elements that were read by another list of the same array (instances) are left out. */
static json_t *
show_many(const struct cgn_schema_key *key, const char *base)
{
	const char *items = *(const char *const *)(base + key->offset);
	uint32_t count = *(const uint32_t *)(base + key->count_at);
	json_t *list = json_array();

	for (uint32_t i = 0; i < count; i++) {
		const char *at = items + i * key->size;

		if (key->type == CGN_KEY_LIST && key->sub->has_tag &&
			*(const uint32_t *)(at + key->sub->tag_at) != key->tag)
			continue;
		json_array_append_new(list, show_value(key, base, at));
	}
	return list;
}

static json_t *
show_struct(const struct cgn_schema *schema, const char *base)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);
		json_t *value;

		if (key->type == CGN_KEY_GROUP && key->has_second &&
			!*(const bool *)(base + key->second))
			value = json_null();
		else if (key->many && key->type != CGN_KEY_FLAG)
			value = show_many(key, base);
		else
			value = show_value(key, base, base + key->offset);
		json_object_set_new(object, key->name, value);
	}
	return object;
}

int
cgn_show_config(struct cgn_cmd_ctx *ctx)
{
	const struct cgn_daemon *d = ctx->app;

	const struct cgn_conf *conf = d->conf;

	if (ctx->call.arg != NULL && strcmp(ctx->call.arg, "candidate") == 0)
		conf = cgn_change_candidate(d);
	if (conf == NULL)
		return cgn_cmd_refuse(ctx, "there is no candidate configuration");
	cgn_cmd_reply(ctx, show_struct(&cgn_schema_root, (const char *)conf));
	return 0;
}
