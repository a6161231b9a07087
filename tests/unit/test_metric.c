/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of metrics against what `show` prints: each value there is a metric, a label,
 * or left out for a reason; the page in doc/ is the one that is printed; the text is what
 * Prometheus reads.
 */
#include <stdlib.h>
#include <string.h>

#include "control/metric.h"
#include "control/metric_gather.h"

#include "eal_main.h"
#include "show_box.h"

/* What is no metric: names and settings that are texts, and times. */
static const char *const left_out[] = {
	/* version */
	"show version", "product version dpdk node started pid",
	/* ports: texts, lists of addresses; taps are among the events of the host */
	"show ports", "device parent vlan mac vpn addresses driver tap", "show board",
	"lcore", "show service-location", "configured current backup scene vrrp",
	"show service-instance-group", "instances", "show nat instance",
	"id service_instance_group centralized_backup", "show ds-lite instance",
	"id service_instance_group centralized_backup",
	/* addresses of a pool are too many; telemetry has them */
	"show address-group", "id overload addresses", "show vrrp",
	"master addresses virtual_macs admin follow preempt timers transitions",
	"show ha", "active standby", NULL
};

static bool
is_word_of(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0'; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " =#.") == len && memcmp(p, word, len) == 0)
			return true;
	return false;
}

/* "label=key …" names the key. */
static bool
is_label(const char *labels, const char *key)
{
	for (const char *p = labels; *p != '\0'; p += strcspn(p, " "), p += *p == ' ') {
		size_t len = strcspn(p, " ");
		const char *equal = memchr(p, '=', len);
		const char *name = equal ? equal + 1 : p;

		if (strlen(key) == (size_t)(p + len - name) &&
			memcmp(name, key, strlen(key)) == 0)
			return true;
	}
	return false;
}

static bool
has_command(const struct cgn_metric_set *set, const char *command)
{
	for (unsigned i = 0; i < 3 && set->commands[i]; i++)
		if (strcmp(set->commands[i], command) == 0)
			return true;
	return false;
}

static bool
is_known(const char *command, const char *path, const char *key)
{
	for (unsigned i = 0; left_out[i]; i += 2)
		if (strcmp(left_out[i], command) == 0 && is_word_of(left_out[i + 1], key))
			return true;
	for (const struct cgn_metric *m = cgn_metric_table(); m->name; m++) {
		const struct cgn_metric_set *set = cgn_metric_set_of(m);

		if (!has_command(set, command))
			continue;
		if (strcmp(set->path, key) == 0 ||
			(set->inner && strcmp(set->inner, key) == 0))
			return true;
		if (strcmp(set->path, path) == 0 &&
			(is_word_of(m->key, key) || is_label(set->labels, key) ||
				set->each == CGN_METRIC_MAP))
			return true;
	}
	return false;
}

static void
check_object(const char *command, const char *path, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!is_known(command, path, key)) {
			fprintf(stderr, "%s: %s.%s is no metric and not left out\n",
				command, path, key);
			CU_FAIL("a value is forgotten");
		}
		if (path[0] == '\0' && json_is_array(value) && json_array_size(value) &&
			json_is_object(json_array_get(value, 0)) &&
			strcmp(key, "addresses") != 0 && strcmp(key, "members") != 0)
			check_object(command, key, json_array_get(value, 0));
	}
}

static void
test_complete(void)
{
	static const char *const commands[] = { "show version", "show ports",
		"show board", "show service-location", "show service-instance-group",
		"show ds-lite instance", "show nat instance", "show address-group",
		"show vrrp", "show ha", "show statistics" };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		json_t *document = show_box_ask(commands[i]);
		json_t *result = json_object_iter_value(json_object_iter(document));

		CU_ASSERT_PTR_NOT_NULL_FATAL(result);
		if (json_is_array(result))
			result = json_array_get(result, 0);
		check_object(commands[i], "", result);
		json_decref(document);
	}
}

/* ---- the whole page ---- */

static char *
gather(void)
{
	struct cgn_metric_gather *g =
		cgn_metric_gather_create(&cgn_show_handlers, &show_box);
	char *text;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	while (!cgn_metric_gather_step(g))
		show_box_turn();
	text = cgn_metric_gather_text(g, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL(strlen(text), len);
	cgn_metric_gather_destroy(g);
	return text;
}

static bool
has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *p = text; (p = strstr(p, line)) != NULL; p += len)
		if ((p == text || p[-1] == '\n') && p[len] == '\n')
			return true;
	fprintf(stderr, "no line: %s\n", line);
	return false;
}

static void
test_page(void)
{
	char *text;

	show_box_nat44(12, 3);
	text = gather();
	CU_ASSERT(has_line(text, "# TYPE cgn_packets_total counter"));
	CU_ASSERT(has_line(text, "cgn_packets_total{flow=\"nat44_up\"} 12"));
	CU_ASSERT(has_line(text, "cgn_instance_users{nat_instance=\"nat1\"} 3"));
	CU_ASSERT(has_line(text, "cgn_instance_sessions{nat_instance=\"nat1\"} 12"));
	CU_ASSERT(has_line(text, "cgn_board_up{slot=\"1\",cpu=\"0\"} 1"));
	CU_ASSERT(has_line(
		text, "cgn_board_state{slot=\"2\",cpu=\"0\",state=\"fenced\"} 0"));
	CU_ASSERT(has_line(text, "cgn_pool_addresses{pool=\"a1\",vpn=\"\"} 15"));
	CU_ASSERT(
		has_line(text, "cgn_group_member_weight{group=\"g1\",location=\"7\"} 3"));
	CU_ASSERT(has_line(text, "cgn_ha_detect_seconds 0.02"));
	CU_ASSERT(has_line(text, "cgn_neighbours 3"));
	CU_ASSERT(has_line(text, "cgn_drops_total{reason=\"no_route\"} 0"));
	CU_ASSERT(has_line(text, "cgn_scrape_failures 0"));
	/* what is not known has no sample */
	CU_ASSERT_PTR_NULL(strstr(text, "\ncgn_vrrp_master_priority{"));
	free(text);
}

/* One that is given up in the middle leaves nothing behind; the sanitizer sees to it. */
static void
test_given_up(void)
{
	for (unsigned steps = 0; steps < 12; steps++) {
		struct cgn_metric_gather *g =
			cgn_metric_gather_create(&cgn_show_handlers, &show_box);

		for (unsigned i = 0; i < steps; i++)
			cgn_metric_gather_step(g);
		cgn_metric_gather_destroy(g);
		show_box_turn();
	}
}

/* ---- values ---- */

static void
test_escapes(void)
{
	struct cgn_metric_page *page = cgn_metric_page_create();
	const struct cgn_metric_set *set = cgn_metric_sets();
	json_t *list = json_pack("[{s:s,s:s,s:i,s:n}]", "name", "a\"b\\c\nd", "state",
		"down", "mtu", 1500, "rx_packets");
	size_t len;
	char *text;

	while (strcmp(set->id, "port") != 0)
		set++;
	cgn_metric_page_add(page, set, list);
	text = cgn_metric_page_text(page, &len);
	CU_ASSERT(has_line(text, "cgn_port_mtu_bytes{port=\"a\\\"b\\\\c d\"} 1500"));
	CU_ASSERT(has_line(text, "cgn_port_up{port=\"a\\\"b\\\\c d\"} 0"));
	CU_ASSERT_PTR_NULL(strstr(text, "receive_packets"));
	free(text);
	json_decref(list);
	cgn_metric_page_destroy(page);
}

/* Prometheus' habits: a prefix, `_total` on counters, seconds and bytes, help. */
static void
test_names(void)
{
	for (const struct cgn_metric *m = cgn_metric_table(); m->name; m++) {
		const char *total = strstr(m->name, "_total");

		CU_ASSERT_EQUAL(strncmp(m->name, "cgn_", 4), 0);
		CU_ASSERT_EQUAL(total != NULL, m->type == CGN_METRIC_COUNTER);
		CU_ASSERT_PTR_NULL(strstr(m->name, "_ms"));
		CU_ASSERT(strlen(m->help) > 4 && strlen(m->name) < 64);
		for (const struct cgn_metric *o = cgn_metric_table(); o < m; o++)
			CU_ASSERT_STRING_NOT_EQUAL(o->name, m->name);
	}
}

/* build/control/metricsdoc > doc/metrics.md makes it again */
static void
test_document(void)
{
	char path[512], *printed = NULL, *committed = NULL;
	size_t size, n = 0;
	FILE *out = open_memstream(&printed, &size), *in;

	CU_ASSERT_PTR_NOT_NULL_FATAL(getenv("SOURCE_ROOT"));
	snprintf(path, sizeof(path), "%s/doc/metrics.md", getenv("SOURCE_ROOT"));
	in = fopen(path, "r");
	CU_ASSERT_FATAL(in && out);
	cgn_metric_describe(out);
	fclose(out);
	CU_ASSERT(getdelim(&committed, &n, '\0', in) > 0);
	fclose(in);
	CU_ASSERT_STRING_EQUAL(printed, committed);
	free(printed);
	free(committed);
}

const char *const eal_suite = "metric";
CU_TestInfo eal_tests[] = {
	{ "a box", show_box_init },
	{ "page", test_page },
	{ "complete", test_complete },
	{ "given up", test_given_up },
	{ "escapes", test_escapes },
	{ "names", test_names },
	{ "document", test_document },
	{ "no box", show_box_fini },
	CU_TEST_INFO_NULL,
};
