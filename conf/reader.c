/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interpreter of the schema: from the tree of settings to struct cgn_conf.
 *
 * It knows no key by name. For every group it sets the defaults, refuses what the table
 * does not have, and converts what it has; for every value it notes where it went, so
 * that later messages can be placed, and for every reference that it is to be resolved. A
 * value that is refused keeps its default, and reading goes on: all errors are found in
 * one run. Life-cycle: one struct cgn_reader per load, on the stack of conf/load.c.
 */

#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

enum { LIST_SIZE = 400 };

static void read_group(struct cgn_reader *r, const struct cgn_schema *schema,
	const struct cgn_tree_node *node, char *base);

static void *
grow(void *items, uint32_t n, uint32_t *capacity, size_t size)
{
	if (n < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	items = reallocarray(items, *capacity, size);
	if (!items)
		abort();
	return items;
}

void
cgn_reader_mark(struct cgn_reader *r, const void *at, size_t size,
	const struct cgn_tree_node *node, const struct cgn_schema *schema)
{
	r->marks = grow(r->marks, r->n_marks, &r->mark_capacity, sizeof(*r->marks));
	r->marks[r->n_marks++] = (struct cgn_reader_mark){ at, size, node, schema };
}

void
cgn_reader_refer(struct cgn_reader *r, enum cgn_key_ref kind, void *value)
{
	r->references = grow(r->references, r->n_references, &r->reference_capacity,
		sizeof(*r->references));
	r->references[r->n_references++] = (struct cgn_reader_reference){ kind, value };
}

/* ---- defaults ---- */

static void
set_default(struct cgn_reader *r, const struct cgn_schema_key *key, char *base)
{
	char *at = base + key->offset;

	if (key->many)
		return;
	switch (key->type) {
	case CGN_KEY_BOOL:
		*(bool *)at = key->def != 0;
		break;
	case CGN_KEY_INT:
	case CGN_KEY_WORD:
		cgn_scalar_store(at, key->size, key->def);
		break;
	case CGN_KEY_STRING:
		*(const char **)at = key->text;
		break;
	case CGN_KEY_NAME:
		if (key->text)
			strcpy(at, key->text);
		break;
	case CGN_KEY_REF:
		((struct cgn_conf_ref *)at)->index =
			key->ref == CGN_REF_VPN ? 0 : CGN_CONF_NONE;
		if (key->text)
			strcpy(((struct cgn_conf_ref *)at)->name, key->text);
		break;
	case CGN_KEY_LOCATION:
		((struct cgn_conf_location_ref *)at)->index = CGN_CONF_NONE;
		break;
	case CGN_KEY_GROUP:
		read_group(r, key->sub, NULL, at);
		break;
	default:
		break;
	}
}

/* ---- aggregates ---- */

/* Lists of one array (the instances) are counted together at the first of them. */
static uint32_t
count_elements(const struct cgn_schema *schema, const struct cgn_schema_key *key,
	const struct cgn_tree_node *group)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < group->n_children; i++) {
		const struct cgn_tree_node *child = &group->children[i];
		const struct cgn_schema_key *k = cgn_schema_find(schema, child->name);

		if (k && k->many && k->offset == key->offset)
			n += child->n_children;
	}
	return n;
}

static bool
is_list(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node)
{
	bool groups = key->type == CGN_KEY_LIST;

	if (node->type == CGN_TREE_LIST ||
		(node->type == CGN_TREE_ARRAY && (!groups || !node->n_children)))
		return true;
	if (groups)
		cgn_scalar_error(r, node,
			"a list of groups ( { }, ... ) is expected, not %s",
			cgn_tree_type_name(node->type));
	else
		cgn_scalar_error(r, node, "an array [ ... ] is expected, not %s",
			cgn_tree_type_name(node->type));
	return false;
}

static void
read_element(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	if (key->type != CGN_KEY_LIST) {
		struct cgn_schema_key one = *key;

		one.many = false;
		one.offset = 0;
		set_default(r, &one, at);
		cgn_scalar_read(r, key, node, at);
		return;
	}
	if (key->sub->has_tag)
		*(uint32_t *)(at + key->sub->tag_at) = key->tag;
	cgn_reader_mark(r, at, key->size, node, key->sub);
	read_group(r, key->sub,
		cgn_scalar_mistyped(r, node, CGN_TREE_GROUP) ? NULL : node, at);
}

static void
read_list(struct cgn_reader *r, const struct cgn_schema *schema,
	const struct cgn_schema_key *key, const struct cgn_tree_node *node, char *base)
{
	char **items = (char **)(base + key->offset);
	uint32_t *count = (uint32_t *)(base + key->count_at);

	cgn_reader_mark(r, items, sizeof(*items), node, NULL);
	if (!is_list(r, key, node))
		return;
	if (key->required && !node->n_children)
		cgn_scalar_error(r, node, "is empty, at least one is needed");
	if (key->most && node->n_children > key->most)
		cgn_scalar_error(r, node, "has %u elements, at most %u are possible",
			node->n_children, key->most);
	if (!*items)
		*items = cgn_arena_array(
			r->arena, count_elements(schema, key, node->parent), key->size);
	for (uint32_t i = 0; i < node->n_children; i++)
		read_element(r, key, &node->children[i], *items + (*count)++ * key->size);
}

static void
read_flags(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	cgn_reader_mark(r, at, key->size, node, NULL);
	if (!is_list(r, key, node))
		return;
	for (uint32_t i = 0; i < node->n_children; i++)
		cgn_scalar_read(r, key, &node->children[i], at);
}

static void
read_key(struct cgn_reader *r, const struct cgn_schema *schema,
	const struct cgn_schema_key *key, const struct cgn_tree_node *node, char *base)
{
	char *at = base + key->offset;

	if (key->many) {
		read_list(r, schema, key, node, base);
	} else if (key->type == CGN_KEY_FLAG) {
		read_flags(r, key, node, at);
	} else if (key->type == CGN_KEY_GROUP) {
		bool wrong = cgn_scalar_mistyped(r, node, CGN_TREE_GROUP);

		cgn_reader_mark(r, at, key->size, node, key->sub);
		read_group(r, key->sub, wrong ? NULL : node, at);
		if (key->has_second)
			*(bool *)(base + key->second) = !wrong;
	} else {
		set_default(r, key, base);
		cgn_scalar_read(r, key, node, at);
	}
}

static void
refuse_unknown(struct cgn_reader *r, const struct cgn_schema *schema,
	const struct cgn_tree_node *node)
{
	char list[LIST_SIZE] = "";
	size_t n = 0;

	if (node->name[0] == '*') /* given twice, and refused for that */
		return;
	for (uint32_t i = 0; i < cgn_schema_count(schema) && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
			cgn_schema_key(schema, i)->name);
	cgn_scalar_error(r, node, "unknown key, allowed is %s", list);
}

static const struct cgn_tree_node *
find_child(const struct cgn_tree_node *node, const char *name)
{
	for (uint32_t i = 0; node && i < node->n_children; i++) {
		if (!strcmp(node->children[i].name, name))
			return &node->children[i];
	}
	return NULL;
}

/* node is NULL for a group that is absent, or not a group: then all is default. */
static void
read_group(struct cgn_reader *r, const struct cgn_schema *schema,
	const struct cgn_tree_node *node, char *base)
{
	if (schema->has_src && node)
		*(struct cgn_conf_src *)base = node->src;
	for (uint32_t i = 0; node && i < node->n_children; i++) {
		if (!cgn_schema_find(schema, node->children[i].name))
			refuse_unknown(r, schema, &node->children[i]);
	}
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);
		const struct cgn_tree_node *child = find_child(node, key->name);

		if (child) {
			read_key(r, schema, key, child, base);
			continue;
		}
		set_default(r, key, base);
		if (node && key->required)
			cgn_reader_error(r, base + key->offset, "is missing");
	}
}

void
cgn_reader_read(struct cgn_reader *r, const struct cgn_tree_node *root)
{
	cgn_reader_mark(r, r->conf, sizeof(*r->conf), root, &cgn_schema_root);
	read_group(r, &cgn_schema_root, root, (char *)r->conf);
}

void
cgn_reader_fini(struct cgn_reader *r)
{
	struct cgn_reader_mark *marks =
		cgn_arena_array(r->arena, r->n_marks, sizeof(*marks));

	if (r->n_marks)
		memcpy(marks, r->marks, r->n_marks * sizeof(*marks));
	r->conf->marks = marks;
	r->conf->n_marks = r->n_marks;
	free(r->marks);
	free(r->references);
}
