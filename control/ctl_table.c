/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of cgnctl: a list of JSON objects as aligned columns.
 *
 * Which columns, in which order and how wide at least is one string per list, below; keys
 * that are not named there are left to --json and to commands that name one entry. The
 * widths are settled by the first page and kept; a longer value later pushes its line
 * aside and is never cut. Values that are objects or lists are put on one line. Width is
 * counted in bytes: names of the box are ASCII.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/ctl_table.h"

#define COLUMNS_MAX 48

/* key[=header]:width … ; the header is the key in capitals unless it is given. */
static const struct {
	const char *list;
	const char *columns;
	bool nested; /* a list inside an object, not one of its own */
} layouts[] = {
	{ "commands", "command:12 does:1 keys:1" },
	{ "ports", "name:8 state:5 device:12 vlan:4 mac:17 mtu:4 speed_mbps=MBPS:5 vpn:4 "
		   "rx_packets=RX:8 tx_packets=TX:8 rx_missed=MISSED:6 addresses:20" },
	{ "routes", "prefix:18 next_hop:15 port:8 vpn:4 origin:9 used:4" },
	{ "neighbours", "address:15 mac:17 port:8 vpn:4 state:10 age:4 held:4" },
	{ "boards", "slot:4 cpu:3 lcore:5 state:6 heartbeat_age_ms=BEAT-MS:7 "
		    "heartbeat_longest_ms=LONGEST:7 load:5 "
		    "sessions:8 sessions_licensed=LICENSED:8 users:8 "
		    "users_licensed=LICENSED:8" },
	{ "service_locations",
		"id:3 state:7 configured:10 current:7 backup:8 scene:13 vrrp:8 "
		"batch_backup=BATCH:11 sessions:8 users:8 "
		"standby_sessions=STANDBY-SES:11 standby_users=STANDBY-USR:11 "
		"addresses:9" },
	{ "service_instance_groups", "name:10 instances:12 members:20" },
	{ "members", "location:8 weight:6 share:5 users:8", true },
	{ "instances", "name:12 id:4 state:8 cpus_total=CPUS:4 cpus_failed=FAILED:6 "
		       "down_number=DOWN-NUMBER:11 users:8 sessions:8 "
		       "service_instance_group=GROUP:10 centralized_backup:18" },
	{ "sessions", "instance:10 proto:5 softwire:18 vpn:4 inside:21 outside:21 "
		      "remote:21 state:11 age:6 ttl:5 location=LOC:3 slot:4 cpu:3 "
		      "role:7 packets_up=PKTS-UP:8 bytes_up=BYTES-UP:10 "
		      "packets_down=PKTS-DOWN:9 bytes_down=BYTES-DOWN:10" },
	{ "users", "instance:10 softwire:18 inside:15 vpn:4 outside:15 blocks:11 "
		   "sessions:8 ports:6 age:6 location=LOC:3 slot:4 cpu:3 role:7 "
		   "discards:1" },
	{ "address_groups", "name:10 id:3 vpn:4 locked:6 overload:8 users:8 "
			    "blocks_used=BLOCKS:8 blocks_total=TOTAL:8 "
			    "ports_held=PORTS:8 ports_quarantined=WAITING:8" },
	{ "addresses",
		"address:15 location=LOC:3 users:8 blocks_used=BLOCKS:8 "
		"blocks_total=TOTAL:8 ports_held=PORTS:8 "
		"ports_quarantined=WAITING:8",
		true },
	{ "rules",
		"instance:10 pool:10 size:6 users:10 addresses:9 "
		"blocks_per_address=BLOCKS:8 users_per_address=USERS-PER:9 inside:20 "
		"outside:20",
		true },
	{ "holders",
		"instance:10 softwire:18 inside:15 vpn:4 number:10 outside:15 ports:11 "
		"location=LOC:3",
		true },
	{ "vrrp", "port:8 vrid:4 state:10 priority_config=CONFIG:6 "
		  "priority_run=RUN:4 master:15 addresses:15" },
	{ "log_hosts", "name:12 state:11 sent:10 lost:8 messages_waiting=WAITING:7",
		true },
	{ "events", "time:24 severity:8 reason:20" },
	{ "history", "rollback=NUMBER:6 time:24 running:7 confirm_s=CONFIRM-S:9 who:8 "
		     "comment:20 hash:1" },
	{ "changes", "change:7 path:30 before:10 after:1", true },
	{ "channels",
		"location:8 peer:15 state:15 sent:8 received:8 lost:4 resent:6 "
		"rejected:8 lag_ms=LAG-MS:6",
		true },
};

struct column {
	char key[40];
	char header[40];
	int width; /* negative: aligned to the left, as printf has it */
};

struct cgn_ctl_table {
	int indent;
	bool begun;
	unsigned count;
	struct column columns[COLUMNS_MAX];
	char *cell; /* the value at hand, as text */
	size_t cell_size;
	FILE *cell_stream;
};

static void
upper(char *out, const char *in)
{
	for (; *in != '\0'; in++)
		*out++ = (char)(*in == '_' ? '-' : toupper((unsigned char)*in));
	*out = '\0';
}

static struct column *
add_column(struct cgn_ctl_table *table, const char *key, const char *header, int width)
{
	struct column *column = &table->columns[table->count];

	if (table->count == COLUMNS_MAX || strlen(key) >= sizeof(column->key))
		return NULL;
	strcpy(column->key, key);
	if (header != NULL)
		snprintf(column->header, sizeof(column->header), "%s", header);
	else
		upper(column->header, key);
	column->width = width;
	table->count++;
	return column;
}

static void
read_layout(struct cgn_ctl_table *table, const char *columns)
{
	char copy[512], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", columns);
	for (char *c = strtok_r(copy, " ", &save); c; c = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(c, ':'), *equal = strchr(c, '=');

		*colon = '\0';
		if (equal != NULL)
			*equal++ = '\0';
		add_column(table, c, equal, atoi(colon + 1));
	}
}

struct cgn_ctl_table *
cgn_ctl_table_create(const char *list, bool nested, int indent)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct cgn_ctl_table *table;

		if (layouts[i].nested != nested || strcmp(layouts[i].list, list) != 0)
			continue;
		table = calloc(1, sizeof(*table));
		if (table == NULL)
			return NULL;
		table->indent = indent;
		table->cell_stream = open_memstream(&table->cell, &table->cell_size);
		read_layout(table, layouts[i].columns);
		return table;
	}
	return NULL;
}

void
cgn_ctl_table_destroy(struct cgn_ctl_table *table)
{
	if (table == NULL)
		return;
	if (table->cell_stream != NULL)
		fclose(table->cell_stream);
	free(table->cell);
	free(table);
}

/* The two keys of an object that name a thing together: "slot/cpu", "port/vrid". */
static bool
cell_name(FILE *out, json_t *object, const char *first, const char *second)
{
	json_t *a = json_object_get(object, first);
	json_t *b = json_object_get(object, second);

	if (a == NULL || b == NULL)
		return false;
	cgn_ctl_table_cell(out, a);
	fputc('/', out);
	cgn_ctl_table_cell(out, b);
	return true;
}

static void
cell_object(FILE *out, json_t *object)
{
	bool board = cell_name(out, object, "slot", "cpu");
	bool router = !board && cell_name(out, object, "port", "vrid");
	const char *key, *separator = board || router ? " " : "";
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (board && (strcmp(key, "slot") == 0 || strcmp(key, "cpu") == 0))
			continue;
		if (router && (strcmp(key, "port") == 0 || strcmp(key, "vrid") == 0))
			continue;
		fputs(separator, out);
		if (!board && !router)
			fprintf(out, "%s=", key);
		cgn_ctl_table_cell(out, value);
		separator = " ";
	}
}

static bool
is_range(json_t *value)
{
	return json_array_size(value) == 2 && json_is_integer(json_array_get(value, 0)) &&
	       json_is_integer(json_array_get(value, 1));
}

static void
cell_array(FILE *out, json_t *array)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		if (i > 0)
			fputs(json_is_object(value) ? "; " : ",", out);
		if (json_is_array(value) && is_range(value))
			fprintf(out, "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT,
				json_integer_value(json_array_get(value, 0)),
				json_integer_value(json_array_get(value, 1)));
		else
			cgn_ctl_table_cell(out, value);
	}
	if (i == 0)
		fputc('-', out);
}

/* A string, with what a terminal would obey made harmless. */
static void
cell_string(FILE *out, const char *text)
{
	if (*text == '\0')
		fputc('-', out);
	for (; *text != '\0'; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, out);
}

void
cgn_ctl_table_cell(FILE *out, json_t *value)
{
	if (json_is_string(value))
		cell_string(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, json_real_value(value) < 100 ? "%.2f" : "%.0f",
			json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	else if (json_is_object(value))
		cell_object(out, value);
	else if (json_is_array(value))
		cell_array(out, value);
	else
		fputc('-', out);
}

/* The value as text, valid until the next call. */
static const char *
render(struct cgn_ctl_table *table, json_t *value)
{
	rewind(table->cell_stream);
	cgn_ctl_table_cell(table->cell_stream, value);
	fputc('\0', table->cell_stream);
	fflush(table->cell_stream);
	return table->cell;
}

static void
settle_column(struct cgn_ctl_table *table, struct column *column, json_t *entries)
{
	int width = (int)strlen(column->header);
	bool number = true, any = false;
	json_t *entry;
	size_t i;

	width = width > column->width ? width : column->width;
	json_array_foreach(entries, i, entry)
	{
		json_t *value = json_object_get(entry, column->key);
		int len = (int)strlen(render(table, value));

		width = len > width ? len : width;
		any = any || json_is_number(value);
		number = number && (json_is_number(value) || json_is_null(value));
	}
	column->width = number && any ? width : -width;
}

static void
settle_columns(struct cgn_ctl_table *table, json_t *entries)
{
	for (unsigned i = 0; i < table->count; i++)
		settle_column(table, &table->columns[i], entries);
}

/* One line; entry NULL is the header. */
static void
print_line(struct cgn_ctl_table *table, FILE *out, json_t *entry)
{
	fprintf(out, "%*s", table->indent, "");
	for (unsigned i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];
		const char *text = column->header;
		bool last = i + 1 == table->count;

		if (entry != NULL)
			text = render(table, json_object_get(entry, column->key));
		fprintf(out, "%*s%s", last && column->width < 0 ? 0 : column->width, text,
			last ? "\n" : "  ");
	}
}

void
cgn_ctl_table_print(struct cgn_ctl_table *table, FILE *out, json_t *entries)
{
	json_t *entry;
	size_t i;

	if (!table->begun) {
		settle_columns(table, entries);
		print_line(table, out, NULL);
		table->begun = true;
	}
	json_array_foreach(entries, i, entry) print_line(table, out, entry);
}
