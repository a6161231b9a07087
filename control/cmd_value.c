/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of the command line: the typed right-hand sides of key=value filters.
 *
 * Pure text to number functions, shared by the daemon and cgnctl, so that both refuse
 * the same things with the same words. Nothing is allocated and nothing is looked up:
 * whether an instance of that name exists is the handler's business.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/cmd_value.h"

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "icmp", 1 },
	{ "icmp6", 58 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "sctp", 132 },
	{ "udp-lite", 136 },
};

static int
parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || *out < min || *out > max)
		return -EINVAL;
	return 0;
}

static int
parse_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max)
		return -EINVAL;
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text))
			return -EINVAL;
	return 0;
}

static int
parse_proto(const char *text, uint64_t *out)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(text, protocols[i].name) == 0) {
			*out = protocols[i].number;
			return 0;
		}
	}
	return parse_number(text, 0, 255, out);
}

static int
parse_choice(const char *text, const char *first, const char *second, uint64_t *out)
{
	*out = strcmp(text, second) == 0;
	return *out || strcmp(text, first) == 0 ? 0 : -EINVAL;
}

/* Cuts a port off the end of text, "a:p", "[a]:p" or ":p"; text is left with the address.
 */
static int
cut_port(char *text, struct cgn_cmd_endpoint *out)
{
	char *colon = strrchr(text, ':');
	size_t len = strlen(text);
	uint64_t port;

	if (text[0] == '[') {
		char *bracket = strchr(text, ']');

		if (bracket == NULL || (bracket[1] != ':' && bracket[1] != '\0'))
			return -EINVAL;
		colon = bracket[1] == ':' ? bracket + 1 : NULL;
		*bracket = '\0';
		memmove(text, text + 1, len);
		colon = colon != NULL ? colon - 1 : NULL;
	} else if (colon == NULL || strchr(text, ':') != colon) {
		return 0;
	}
	if (colon == NULL)
		return 0;
	if (parse_number(colon + 1, 1, UINT16_MAX, &port) != 0)
		return -EINVAL;
	out->has_port = true;
	out->port = (uint16_t)port;
	*colon = '\0';
	return 0;
}

static int
parse_endpoint(const char *text, struct cgn_cmd_endpoint *out)
{
	char copy[INET6_ADDRSTRLEN + 16];
	uint64_t prefix;
	char *slash;

	memset(out, 0, sizeof(*out));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (cut_port(copy, out) != 0)
		return -EINVAL;
	if (copy[0] == '\0')
		return out->has_port ? 0 : -EINVAL;
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash = '\0';
	if (inet_pton(AF_INET, copy, out->addr) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, copy, out->addr) == 1)
		out->family = 6;
	else
		return -EINVAL;
	prefix = out->family == 4 ? 32 : 128;
	if (slash != NULL && parse_number(slash + 1, 0, prefix, &prefix) != 0)
		return -EINVAL;
	out->prefix_len = (uint8_t)prefix;
	return 0;
}

static int
parse_softwire(const char *text, struct cgn_cmd_endpoint *out)
{
	if (parse_endpoint(text, out) != 0 || out->family != 6 || out->has_port)
		return -EINVAL;
	return 0;
}

/* ".123" as milliseconds; *text is left behind it. */
static uint64_t
parse_fraction(const char **text)
{
	uint64_t ms = 0;

	if (**text != '.')
		return 0;
	for (unsigned digit = 100; isdigit((unsigned char)*++*text); digit /= 10)
		ms += digit * (uint64_t)(**text - '0');
	return ms;
}

static int
parse_time(const char *text, uint64_t *out)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t seconds;

	if (rest == NULL) {
		if (parse_number(text, 0, UINT32_MAX, out) != 0)
			return -EINVAL;
		*out *= 1000;
		return 0;
	}
	*out = parse_fraction(&rest);
	if (strcmp(rest, "Z") != 0)
		return -EINVAL;
	seconds = timegm(&tm);
	if (seconds < 0)
		return -EINVAL;
	*out += (uint64_t)seconds * 1000;
	return 0;
}

int
cgn_cmd_value_parse(enum cgn_cmd_type type, const char *text, struct cgn_cmd_value *out)
{
	memset(out, 0, sizeof(*out));
	out->text = text;
	switch (type) {
	case CGN_CMD_TYPE_NAME:
		return parse_name(text, 31);
	case CGN_CMD_TYPE_NUMBER:
		return parse_number(text, 0, UINT32_MAX, &out->number);
	case CGN_CMD_TYPE_COUNT:
		return parse_number(text, 1, INT64_MAX, &out->number);
	case CGN_CMD_TYPE_SECONDS:
		return parse_number(text, 1, 86400, &out->number);
	case CGN_CMD_TYPE_PROTO:
		return parse_proto(text, &out->number);
	case CGN_CMD_TYPE_SOFTWIRE:
		return parse_softwire(text, &out->endpoint);
	case CGN_CMD_TYPE_ENDPOINT:
		return parse_endpoint(text, &out->endpoint);
	case CGN_CMD_TYPE_ROLE:
		return parse_choice(text, "active", "standby", &out->number);
	case CGN_CMD_TYPE_TOKEN:
		return parse_name(text, 127);
	case CGN_CMD_TYPE_DIRECTION:
		return parse_choice(text, "in", "out", &out->number);
	case CGN_CMD_TYPE_EXPRESSION:
		return text[0] && strlen(text) <= 60000 ? 0 : -EINVAL;
	case CGN_CMD_TYPE_FILE:
		return text[0] && strlen(text) <= 4000 ? 0 : -EINVAL;
	case CGN_CMD_TYPE_TEXT:
		return text[0] && strlen(text) <= 120 && !strpbrk(text, "\r\n") ? 0
										: -EINVAL;
	case CGN_CMD_TYPE_TIME:
		return parse_time(text, &out->number);
	}
	return -EINVAL;
}

bool
cgn_cmd_value_match(const struct cgn_cmd_endpoint *want, uint8_t family,
	const uint8_t *addr, uint16_t port)
{
	unsigned whole = want->prefix_len / 8, rest = want->prefix_len % 8;

	if (want->has_port && want->port != port)
		return false;
	if (want->family == 0)
		return true;
	if (want->family != family || memcmp(want->addr, addr, whole) != 0)
		return false;
	return rest == 0 || ((want->addr[whole] ^ addr[whole]) >> (8 - rest)) == 0;
}

const char *
cgn_cmd_value_expected(enum cgn_cmd_type type)
{
	switch (type) {
	case CGN_CMD_TYPE_NAME:
		return "a name of 1..31 characters";
	case CGN_CMD_TYPE_NUMBER:
		return "a number, 0..4294967295";
	case CGN_CMD_TYPE_COUNT:
		return "a number, 1 or more";
	case CGN_CMD_TYPE_SECONDS:
		return "seconds, 1..86400";
	case CGN_CMD_TYPE_PROTO:
		return "tcp|udp|icmp|icmp6|gre|esp|sctp|udp-lite or 0..255";
	case CGN_CMD_TYPE_SOFTWIRE:
		return "an IPv6 address or prefix";
	case CGN_CMD_TYPE_ENDPOINT:
		return "ADDRESS, ADDRESS/LEN, ADDRESS:PORT, [IPV6]:PORT or :PORT";
	case CGN_CMD_TYPE_ROLE:
		return "active|standby";
	case CGN_CMD_TYPE_TOKEN:
		return "the \"next\" of the page before";
	case CGN_CMD_TYPE_FILE:
		return "the path of a file";
	case CGN_CMD_TYPE_TEXT:
		return "a line of 1..120 bytes";
	case CGN_CMD_TYPE_DIRECTION:
		return "in|out";
	case CGN_CMD_TYPE_EXPRESSION:
		return "an expression as tcpdump takes it";
	case CGN_CMD_TYPE_TIME:
		return "a time as 2026-01-31T12:00:00Z, or seconds since 1970";
	}
	return "a value";
}
