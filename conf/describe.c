/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doc/configuration.md and cgnd.conf(5) from the tables of the schema, so that the
 * documentation cannot differ from what the reader does.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/schema.h"

static const char *
value_name(const struct cgn_schema_key *key)
{
	static const char *const refs[] = {
		[CGN_REF_PORT] = "name of a port",
		[CGN_REF_VPN] = "name of a VPN",
		[CGN_REF_GROUP] = "name of a group",
		[CGN_REF_ADDRESS_GROUP] = "name of an address group",
		[CGN_REF_ACL] = "name of an ACL",
		[CGN_REF_LOG_HOST] = "name of a log host",
		[CGN_REF_LOCATION] = "id of a location",
	};
	static const char *const types[] = {
		[CGN_KEY_BOOL] = "true, false",
		[CGN_KEY_INT] = "number",
		[CGN_KEY_STRING] = "string",
		[CGN_KEY_NAME] = "name",
		[CGN_KEY_WORD] = "word",
		[CGN_KEY_FLAG] = "list of words",
		[CGN_KEY_ADDR] = "address",
		[CGN_KEY_PREFIX] = "network",
		[CGN_KEY_IFADDR] = "address/length",
		[CGN_KEY_RANGE] = "IPv4 range",
		[CGN_KEY_ENDPOINT] = "address:port",
		[CGN_KEY_GROUP] = "group",
		[CGN_KEY_LIST] = "list of groups",
	};

	if (key->type == CGN_KEY_REF || key->type == CGN_KEY_LOCATION)
		return refs[key->ref];
	if (key->family == 4 && key->type == CGN_KEY_ADDR)
		return "IPv4 address";
	if (key->family == 6 && key->type == CGN_KEY_ADDR)
		return "IPv6 address";
	if (key->family == 6 && key->type == CGN_KEY_PREFIX)
		return "IPv6 network";
	if (key->family == 6 && key->type == CGN_KEY_ENDPOINT)
		return "[IPv6]:port";
	return types[key->type];
}

static void
print_words(const struct cgn_schema_key *key, FILE *out)
{
	for (const struct cgn_schema_word *w = key->words; w->word; w++)
		fprintf(out, "%s`%s`", w == key->words ? "" : ", ", w->word);
}

static void
print_allowed(const struct cgn_schema_key *key, FILE *out)
{
	switch (key->type) {
	case CGN_KEY_WORD:
	case CGN_KEY_FLAG:
		print_words(key, out);
		break;
	case CGN_KEY_INT:
	case CGN_KEY_LOCATION:
		fprintf(out, "%lld..%lld", (long long)key->min, (long long)key->max);
		if (key->words) {
			fputs(", ", out);
			print_words(key, out);
		}
		break;
	case CGN_KEY_STRING:
		fprintf(out, "%lld..%lld characters", (long long)key->min,
			(long long)key->max);
		break;
	case CGN_KEY_NAME:
	case CGN_KEY_REF:
		fputs("1..31 characters", out);
		break;
	case CGN_KEY_PREFIX:
	case CGN_KEY_IFADDR:
		fprintf(out, "/%lld../%lld", (long long)key->min, (long long)key->max);
		break;
	case CGN_KEY_LIST:
		if (key->most)
			fprintf(out, "at most %u", key->most);
		break;
	default:
		break;
	}
}

static const char *
default_word(const struct cgn_schema_key *key)
{
	for (const struct cgn_schema_word *w = key->words; w && w->word; w++) {
		if (w->value == (uint32_t)key->def)
			return w->word;
	}
	return NULL;
}

/* What is absent without a default is none, be it a list, an address or a reference. */
static void
print_default(const struct cgn_schema_key *key, FILE *out)
{
	bool one = !key->many;

	if (key->required)
		fputs("required", out);
	else if (key->text && key->text[0])
		fputs(key->text, out);
	else if (one && key->type == CGN_KEY_BOOL)
		fputs(key->def ? "true" : "false", out);
	else if (one && key->type == CGN_KEY_GROUP)
		fputs(key->has_second ? "absent" : "all defaults", out);
	else if (one && key->type != CGN_KEY_FLAG && default_word(key))
		fprintf(out, "`%s`", default_word(key));
	else if (one && key->type == CGN_KEY_INT)
		fprintf(out, "%lld", (long long)key->def);
	else
		fputs("none", out);
}

static void
print_keys(const struct cgn_schema *schema, const char *prefix, bool restart, FILE *out)
{
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);
		bool list = key->type == CGN_KEY_LIST;
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s", prefix, key->name,
			list ? "[]" : "");
		fprintf(out, "| `%s` | %s%s | ", path, key->many && !list ? "list: " : "",
			value_name(key));
		print_allowed(key, out);
		fputs(" | ", out);
		print_default(key, out);
		fprintf(out, " | %s | %s |\n", key->help,
			restart || key->restart ? "restart" : "hot");
		if (!key->sub)
			continue;
		snprintf(path, sizeof(path), "%s%s%s.", prefix, key->name,
			list ? "[]" : "");
		print_keys(key->sub, path, restart || key->restart, out);
	}
}

static void
print_section(const struct cgn_schema_key *key, FILE *out)
{
	fprintf(out, "%s%s%s",
		key->type == CGN_KEY_LIST ? "List of groups: " : "Group: ", key->help,
		key->required ? "; required" : "");
	if (key->most)
		fprintf(out, "; at most %u", key->most);
}

void
cgn_conf_describe(FILE *out)
{
	const struct cgn_schema *root = &cgn_schema_root;

	fputs("# Configuration\n\n"
	      "All keys of the configuration file, printed by `confdoc` from the tables "
	      "in "
	      "`conf/`.\n"
	      "The file is in libconfig syntax; `@include \"FILE\"` at the beginning of "
	      "a "
	      "line adds another\n"
	      "file, named from the directory of the one that includes. "
	      "`cgnd --check -c FILE` tells all that\n"
	      "is wrong, one line each.\n\n"
	      "A name is 1..31 letters, digits and `_-.:/+@`. A VPN exists where a port "
	      "is in "
	      "it; the empty\n"
	      "name is the global one. A change of a *hot* key takes effect on reload, "
	      "one "
	      "of a *restart* key\n"
	      "at the next start. A number above 2147483647 has an `L` behind it.\n",
		out);
	for (uint32_t i = 0; i < cgn_schema_count(root); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(root, i);

		fprintf(out, "\n## %s\n\n", key->name);
		print_section(key, out);
		fputs(".\n\n", out);
		fputs("| key | value | allowed | default | meaning | change |\n"
		      "| --- | --- | --- | --- | --- | --- |\n",
			out);
		print_keys(key->sub, "", key->restart, out);
	}
}

/* ---- the manual page ---- */

static const char manual_head[] =
	".TH CGND.CONF 5 \"\" \"Softboard " CGN_VERSION "\" \"Softboard\"\n"
	".SH NAME\n"
	"cgnd.conf \\- configuration of a Softboard box\n"
	".SH DESCRIPTION\n"
	"The file is in libconfig syntax; \\fB@include\\fR \"FILE\" at the beginning of\n"
	"a line adds another file, named from the directory of the one that includes.\n"
	"\\fBcgnd \\-\\-check \\-c\\fR FILE tells all that is wrong, one line each.\n"
	".PP\n"
	"A name is 1..31 letters, digits and _\\-.:/+@. A VPN exists where a port is in "
	"it;\n"
	"the empty name is the global one. A change of a hot key takes effect on reload, "
	"one\n"
	"of a restart key at the next start. A number above 2147483647 has an L behind "
	"it.\n";

static void
manual_key(const struct cgn_schema_key *key, const char *path, bool restart, FILE *out)
{
	fprintf(out, ".TP\n.B %s\n%s.\nValue: %s%s ", path, key->help,
		key->many && key->type != CGN_KEY_LIST ? "list: " : "", value_name(key));
	print_allowed(key, out);
	fputs("; default: ", out);
	print_default(key, out);
	fprintf(out, "; %s.\n", restart ? "restart" : "hot");
}

static void
manual_keys(const struct cgn_schema *schema, const char *prefix, bool restart, FILE *out)
{
	for (uint32_t i = 0; i < cgn_schema_count(schema); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(schema, i);
		bool later = restart || key->restart;
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s", prefix, key->name,
			key->type == CGN_KEY_LIST ? "[]" : "");
		manual_key(key, path, later, out);
		snprintf(path, sizeof(path), "%s%s%s.", prefix, key->name,
			key->type == CGN_KEY_LIST ? "[]" : "");
		if (key->sub)
			manual_keys(key->sub, path, later, out);
	}
}

/* A hyphen is to be one in every font; what Markdown puts around words goes. */
static void
copy_to_roff(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '`')
			continue;
		if (*text == '-')
			fputc('\\', out);
		fputc(*text, out);
	}
}

int
cgn_conf_describe_manual(FILE *out)
{
	const struct cgn_schema *root = &cgn_schema_root;
	char *text = NULL;
	size_t size;
	FILE *body = open_memstream(&text, &size);

	if (!body)
		return -ENOMEM;
	for (uint32_t i = 0; i < cgn_schema_count(root); i++) {
		const struct cgn_schema_key *key = cgn_schema_key(root, i);

		fprintf(body, ".SH %s\n", key->name);
		print_section(key, body);
		fputs(".\n", body);
		manual_keys(key->sub, "", key->restart, body);
	}
	fclose(body);
	fputs(manual_head, out);
	copy_to_roff(text, out);
	fputs(".SH FILES\n.I /etc/cgnd/cgnd.conf\n"
	      ".SH SEE ALSO\n.BR cgnd (8),\n.BR cgnctl (1)\n",
		out);
	free(text);
	return 0;
}
