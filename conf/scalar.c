/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One value of the configuration: from a setting to a member of the struct, by the type
 * in the schema. A value that is refused is an error line and leaves the default in
 * place. Called by the reader, see conf/reader.c.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"
#include "conf/reader.h"

enum { PATH_SIZE = 512, LIST_SIZE = 400 };

void
cgn_scalar_error(
	struct cgn_reader *r, const struct cgn_tree_node *node, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	cgn_tree_path(node, path, sizeof(path));
	if (cgn_errors_known(r->errs, node->src.file, node->src.line, path))
		return;
	va_start(args, format);
	cgn_errors_vadd(
		r->errs, false, node->src.file, node->src.line, path, format, args);
	va_end(args);
}

bool
cgn_scalar_mistyped(
	struct cgn_reader *r, const struct cgn_tree_node *node, enum cgn_tree_type want)
{
	if (node->type == want)
		return false;
	cgn_scalar_error(r, node, "%s is expected, not %s", cgn_tree_type_name(want),
		cgn_tree_type_name(node->type));
	return true;
}

void
cgn_scalar_store(char *at, size_t size, int64_t value)
{
	if (size == sizeof(uint16_t))
		*(uint16_t *)at = (uint16_t)value;
	else
		*(uint32_t *)at = (uint32_t)value;
}

static const char *
list_words(const struct cgn_schema_word *words, char *buf)
{
	size_t n = 0;

	buf[0] = '\0';
	for (; words->word && n < LIST_SIZE; words++)
		n += (size_t)snprintf(
			buf + n, LIST_SIZE - n, "%s%s", n ? ", " : "", words->word);
	return buf;
}

static const struct cgn_schema_word *
find_word(const struct cgn_schema_word *words, const char *text)
{
	for (; words->word; words++) {
		if (!strcmp(words->word, text))
			return words;
	}
	return NULL;
}

static void
read_int(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	const struct cgn_schema_word *word = NULL;

	if (key->words && node->type == CGN_TREE_STRING) {
		word = find_word(key->words, node->string);
		if (!word) {
			cgn_scalar_error(r, node,
				"\"%s\" is not allowed, allowed is %s or %lld..%lld",
				node->string, key->words->word, (long long)key->min,
				(long long)key->max);
			return;
		}
		cgn_scalar_store(at, key->size, (int32_t)word->value);
		return;
	}
	if (cgn_scalar_mistyped(r, node, CGN_TREE_INT))
		return;
	if (node->number < key->min || node->number > key->max)
		cgn_scalar_error(r, node, "%lld is out of range, allowed is %lld..%lld",
			(long long)node->number, (long long)key->min,
			(long long)key->max);
	else
		cgn_scalar_store(at, key->size, node->number);
}

static void
read_string(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	size_t length;

	if (cgn_scalar_mistyped(r, node, CGN_TREE_STRING))
		return;
	length = strlen(node->string);
	if ((int64_t)length < key->min || (int64_t)length > key->max)
		cgn_scalar_error(r, node, "%zu characters, allowed is %lld..%lld", length,
			(long long)key->min, (long long)key->max);
	else
		*(const char **)at = node->string;
}

/* Names go into commands, labels and thread names: no space, quote or control. */
static bool
read_name(struct cgn_reader *r, const struct cgn_tree_node *node, char *name,
	bool may_be_empty)
{
	size_t length;

	if (cgn_scalar_mistyped(r, node, CGN_TREE_STRING))
		return false;
	length = strlen(node->string);
	if (length >= CGN_CONF_NAME_LEN || (!length && !may_be_empty)) {
		cgn_scalar_error(
			r, node, "a name of %zu characters, allowed is 1..31", length);
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)node->string[i];

		if (isalnum(c) || strchr("_-.:/+@", c))
			continue;
		cgn_scalar_error(r, node, "a name has letters, digits and _-.:/+@ only");
		return false;
	}
	memcpy(name, node->string, length + 1);
	return true;
}

static void
read_word(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	const struct cgn_schema_word *word;
	char list[LIST_SIZE];

	if (cgn_scalar_mistyped(r, node, CGN_TREE_STRING))
		return;
	word = find_word(key->words, node->string);
	if (!word)
		cgn_scalar_error(r, node, "\"%s\" is not allowed, allowed is %s",
			node->string, list_words(key->words, list));
	else if (key->type == CGN_KEY_FLAG)
		*(uint32_t *)at |= word->value;
	else
		*(uint32_t *)at = word->value;
}

static const char *
parse_address(const struct cgn_schema_key *key, const char *text, char *at, uint8_t *len)
{
	struct cgn_conf_prefix *prefix = (void *)at;
	struct cgn_conf_ifaddr *ifaddr = (void *)at;
	const char *wrong;

	*len = (uint8_t)key->min;
	switch (key->type) {
	case CGN_KEY_ADDR:
		return cgn_parse_addr(text, key->family, (void *)at);
	case CGN_KEY_RANGE:
		return cgn_parse_range(text, (void *)at);
	case CGN_KEY_PREFIX:
		wrong = cgn_parse_prefix(text, key->family, prefix);
		*len = prefix->len;
		return wrong;
	case CGN_KEY_IFADDR:
		wrong = cgn_parse_ifaddr(text, key->family, ifaddr);
		*len = ifaddr->len;
		return wrong;
	default:
		return cgn_parse_endpoint(text, key->family, (void *)at,
			(uint16_t *)(at - key->offset + key->second));
	}
}

static void
read_address(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	const char *wrong;
	uint8_t len;

	if (cgn_scalar_mistyped(r, node, CGN_TREE_STRING))
		return;
	wrong = parse_address(key, node->string, at, &len);
	if (wrong) {
		cgn_scalar_error(r, node, "\"%s\" %s", node->string, wrong);
		memset(at, 0, key->size);
	} else if (key->max && (len < key->min || len > key->max)) {
		cgn_scalar_error(r, node, "\"%s\" has length %d, allowed is %lld..%lld",
			node->string, len, (long long)key->min, (long long)key->max);
		memset(at, 0, key->size);
	}
}

static void
read_reference(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	struct cgn_conf_ref *ref = (void *)at;

	if (key->ref == CGN_REF_GROUP && node->n_children) {
		cgn_scalar_error(
			r, node, "an instance is bound to one group, not to several");
		return;
	}
	if (read_name(r, node, ref->name, key->ref == CGN_REF_VPN))
		cgn_reader_refer(r, key->ref, ref);
}

static void
read_location(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	struct cgn_conf_location_ref *ref = (void *)at;
	struct cgn_schema_key id = *key;

	id.size = sizeof(ref->id);
	read_int(r, &id, node, (char *)&ref->id);
	if (ref->id)
		cgn_reader_refer(r, CGN_REF_LOCATION, ref);
}

void
cgn_scalar_read(struct cgn_reader *r, const struct cgn_schema_key *key,
	const struct cgn_tree_node *node, char *at)
{
	cgn_reader_mark(r, at, key->size, node, NULL);
	switch (key->type) {
	case CGN_KEY_BOOL:
		if (!cgn_scalar_mistyped(r, node, CGN_TREE_BOOL))
			*(bool *)at = node->number != 0;
		break;
	case CGN_KEY_INT:
		read_int(r, key, node, at);
		break;
	case CGN_KEY_STRING:
		read_string(r, key, node, at);
		break;
	case CGN_KEY_NAME:
		read_name(r, node, at, false);
		break;
	case CGN_KEY_WORD:
	case CGN_KEY_FLAG:
		read_word(r, key, node, at);
		break;
	case CGN_KEY_REF:
		read_reference(r, key, node, at);
		break;
	case CGN_KEY_LOCATION:
		read_location(r, key, node, at);
		break;
	default:
		read_address(r, key, node, at);
	}
}
