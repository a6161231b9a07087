/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The difference of two configurations, found along the schema by which they were read:
 * a new key is compared as soon as it can be read, and its row says whether a change
 * needs a restart.
 *
 * Lists of objects are brought together by what names them (`names` of their schema): two
 * sorted lists of texts are merged. Where nothing names them, place decides, because
 * their order means something (outbound rules, boards).
 *
 * Memory: one arena for each comparison. Any thread; pure.
 */

#include "conf/diff.h"

#include <stdlib.h>
#include <string.h>

/* An object of a list. */
struct object {
	const char *name;
	const char *at;
	uint32_t place;
};

struct walk {
	struct cgn_diff *diff;
	bool restart; /* all below needs one */
};

static void compare_group(const struct walk *w, const struct cgn_schema *schema,
	const char *path, const char *before, const char *after);

const char *
cgn_diff_kind_name(enum cgn_diff_kind kind)
{
	static const char *const names[] = {
		[CGN_DIFF_ADDED] = "added",
		[CGN_DIFF_REMOVED] = "removed",
		[CGN_DIFF_CHANGED] = "changed",
	};

	return names[kind];
}

/* Moves a text into the arena. */
static const char *
keep(const struct walk *w, struct cgn_text *text)
{
	const char *kept = cgn_arena_strdup(w->diff->arena, text->data ? text->data : "");

	free(text->data);
	*text = (struct cgn_text){ 0 };
	return kept;
}

static const char *
join(const struct walk *w, const char *path, const char *name)
{
	struct cgn_text text = { 0 };

	cgn_text_add(&text, "%s%s%s", path, path[0] ? "." : "", name);
	return keep(w, &text);
}

static void
add_change(const struct walk *w, enum cgn_diff_kind kind, bool restart, const char *path,
	const void *at, const char *before, const char *after)
{
	struct cgn_diff *d = w->diff;

	if (d->n == d->capacity) {
		d->capacity = d->capacity ? 2 * d->capacity : 64;
		d->items = reallocarray(d->items, d->capacity, sizeof(*d->items));
		if (!d->items)
			abort();
	}
	d->items[d->n++] =
		(struct cgn_diff_change){ kind, restart, path, at, before, after };
	d->n_restart += restart;
}

/* Has an object a value for one of the keys that need a restart? */
static bool
holds_restart(const struct cgn_schema *schema, const char *at)
{
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);

		if (key->restart && key->type == CGN_KEY_STRING &&
			(*(const char *const *)(at + key->offset))[0])
			return true;
	}
	return false;
}

/* "pool1", "10.0.0.0/8 red": the values of the keys that name an object. */
static const char *
name_of(const struct walk *w, const struct cgn_schema *schema, const char *at)
{
	struct cgn_text text = { 0 }, value = { 0 };
	char names[64], *save = NULL;

	snprintf(names, sizeof(names), "%s", schema->names);
	for (char *n = strtok_r(names, " ", &save); n; n = strtok_r(NULL, " ", &save)) {
		cgn_text_value(&value, cgn_schema_find(schema, n), at);
		for (char *from = value.data, *to = from;; from++) {
			if (*from != '"')
				*to++ = *from;
			if (!*from)
				break;
		}
		cgn_text_add(
			&text, "%s%s", text.n && value.data[0] ? " " : "", value.data);
		value.n = 0;
	}
	free(value.data);
	return keep(w, &text);
}

static int
by_name(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

/* The objects of a list, sorted by name where they have one. Of the array of instances
 * only those of the key's kind. */
static struct object *
objects_of(const struct walk *w, const struct cgn_schema_key *key, const char *base,
	uint32_t *n)
{
	const char *items = *(const char *const *)(base + key->offset);
	uint32_t all = *(const uint32_t *)(base + key->count_at);
	struct object *list = cgn_arena_array(w->diff->arena, all, sizeof(*list));

	*n = 0;
	for (uint32_t i = 0; i < all; i++) {
		const char *at = items + i * key->size;

		if (key->sub->has_tag &&
			*(const uint32_t *)(at + key->sub->tag_at) != key->tag)
			continue;
		list[*n].at = at;
		list[*n].place = *n;
		list[*n].name = key->sub->names ? name_of(w, key->sub, at) : NULL;
		(*n)++;
	}
	if (key->sub->names && *n)
		qsort(list, *n, sizeof(*list), by_name);
	return list;
}

static const char *
object_path(const struct walk *w, const char *path, const struct object *o)
{
	struct cgn_text text = { 0 };

	if (o->name)
		cgn_text_add(&text, "%s[%s]", path, o->name);
	else
		cgn_text_add(&text, "%s[%u]", path, o->place);
	return keep(w, &text);
}

static void
compare_list(const struct walk *w, const struct cgn_schema_key *key, const char *path,
	const char *before, const char *after)
{
	uint32_t n_old, n_new, i = 0, k = 0;
	struct object *old = objects_of(w, key, before, &n_old);
	struct object *new = objects_of(w, key, after, &n_new);

	while (i < n_old || k < n_new) {
		int c = i == n_old	  ? 1
			: k == n_new	  ? -1
			: key->sub->names ? strcmp(old[i].name, new[k].name)
					  : 0;
		const struct object *o = c > 0 ? &new[k] : &old[i];
		const char *p = object_path(w, path, o);

		if (c == 0)
			compare_group(w, key->sub, p, old[i].at, new[k].at);
		else
			add_change(w, c > 0 ? CGN_DIFF_ADDED : CGN_DIFF_REMOVED,
				w->restart || holds_restart(key->sub, o->at), p,
				c > 0 ? o->at : after + key->offset, "", "");
		i += c <= 0;
		k += c >= 0;
	}
}

static void
compare_value(const struct walk *w, const struct cgn_schema_key *key, const char *path,
	const char *before, const char *after)
{
	struct cgn_text old = { 0 }, new = { 0 };

	cgn_text_value(&old, key, before);
	cgn_text_value(&new, key, after);
	if (strcmp(old.data, new.data) != 0) {
		const char *was = keep(w, &old);

		add_change(w, CGN_DIFF_CHANGED, w->restart, join(w, path, key->name),
			after + key->offset, was, keep(w, &new));
	}
	free(old.data);
	free(new.data);
}

/* A group, which may be absent on either side. */
static void
compare_member(const struct walk *w, const struct cgn_schema_key *key, const char *path,
	const char *before, const char *after)
{
	bool was = !key->has_second || *(const bool *)(before + key->second);
	bool is = !key->has_second || *(const bool *)(after + key->second);

	if (was != is)
		add_change(w, is ? CGN_DIFF_ADDED : CGN_DIFF_REMOVED, w->restart, path,
			after + key->offset, "", "");
	else if (is)
		compare_group(
			w, key->sub, path, before + key->offset, after + key->offset);
}

static void
compare_group(const struct walk *w, const struct cgn_schema *schema, const char *path,
	const char *before, const char *after)
{
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);
		struct walk inner = { w->diff, w->restart || key->restart };

		if (key->type == CGN_KEY_LIST)
			compare_list(
				&inner, key, join(w, path, key->name), before, after);
		else if (key->type == CGN_KEY_GROUP)
			compare_member(
				&inner, key, join(w, path, key->name), before, after);
		else
			compare_value(&inner, key, path, before, after);
	}
}

void
cgn_diff_conf(
	const struct cgn_conf *before, const struct cgn_conf *after, struct cgn_diff *out)
{
	struct walk w = { out, false };

	*out = (struct cgn_diff){ .arena = cgn_arena_create() };
	compare_group(
		&w, &cgn_schema_root, "", (const char *)before, (const char *)after);
}

void
cgn_diff_fini(struct cgn_diff *diff)
{
	free(diff->items);
	cgn_arena_destroy(diff->arena);
	*diff = (struct cgn_diff){ 0 };
}
