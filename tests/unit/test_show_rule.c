/* SPDX-License-Identifier: BSD-3-Clause */
/* show deterministic, and what who-had knows of it, in the box of the commands' tests. */
#include <stdio.h>

#include "eal_main.h"
#include "show_box.h"

static json_t *
member(json_t *entry, const char *key)
{
	return json_object_get(entry, key);
}

static const char *
text(json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "not a string";
}

/* The only holder that a question about deterministic ports has, or NULL. */
static json_t *
holder(const char *question, json_t **document)
{
	char command[96];
	json_t *list;

	snprintf(command, sizeof(command), "show deterministic %s", question);
	*document = show_box_ask(command);
	list = member(member(*document, "deterministic"), "holders");
	CU_ASSERT(json_array_size(list) < 2);
	return json_array_get(list, 0);
}

/* RFC 7422: from inside to outside and back, for users who never sent anything. */
static void
test_deterministic(void)
{
	json_t *d, *h, *again, *back;
	char question[64];

	d = show_box_ask("show deterministic");
	h = json_array_get(member(member(d, "deterministic"), "rules"), 0);
	CU_ASSERT_EQUAL(json_integer_value(member(h, "users")), 1024);
	CU_ASSERT_EQUAL(json_integer_value(member(h, "users_per_address")), 256);
	CU_ASSERT_STRING_EQUAL(
		text(json_array_get(member(h, "inside"), 0)), "10.1.0.0/22");
	CU_ASSERT_STRING_EQUAL(text(json_array_get(member(h, "outside"), 0)),
		"203.0.113.64-203.0.113.67");
	json_decref(d);
	for (unsigned n = 0; n < 768; n += 7) {
		unsigned first = 1024 + n / 4 * 64;

		snprintf(question, sizeof(question), "inside=10.1.%u.%u", n / 256,
			n % 256);
		h = holder(question, &d);
		CU_ASSERT_EQUAL(json_integer_value(member(h, "number")), n);
		CU_ASSERT_EQUAL(
			json_integer_value(json_array_get(member(h, "ports"), 0)), first);
		snprintf(question, sizeof(question), "outside=203.0.113.%u:%u",
			64 + n % 4, first + n % 64);
		back = holder(question, &again);
		CU_ASSERT_TRUE(json_equal(h, back));
		json_decref(d);
		json_decref(again);
	}
	CU_ASSERT_PTR_NULL(holder("inside=10.2.0.0", &d)); /* not in the ACL */
	json_decref(d);
	CU_ASSERT_PTR_NULL(holder("inside=10.1.3.1", &d)); /* denied by it */
	json_decref(d);
	CU_ASSERT_PTR_NULL(holder("outside=203.0.113.64:1023", &d));
	json_decref(d);
	CU_ASSERT_PTR_NULL(holder("outside=203.0.113.64:17408", &d)); /* number 1024 */
	json_decref(d);
	CU_ASSERT_PTR_NULL(holder("outside=203.0.113.67:17407", &d)); /* denied */
	json_decref(d);
	CU_ASSERT_PTR_NULL(holder("inside=10.1.0.9 instance=nat1", &d));
	json_decref(d);
	CU_ASSERT_PTR_NULL(show_box_ask("show deterministic inside=10.1.0.0/24"));
	CU_ASSERT_PTR_NULL(show_box_ask("show deterministic outside=203.0.113.64"));
	CU_ASSERT_PTR_NULL(show_box_ask("show deterministic instance=none"));
	/* who-had knows as much without a table entry */
	d = show_box_ask("who-had 203.0.113.65:1100");
	h = json_array_get(member(member(d, "who_had"), "deterministic"), 0);
	CU_ASSERT_STRING_EQUAL(text(member(h, "inside")), "10.1.0.5");
	CU_ASSERT_EQUAL(json_array_size(member(member(d, "who_had"), "users")), 0);
	json_decref(d);
}

const char *const eal_suite = "show_rule";
CU_TestInfo eal_tests[] = {
	{ "box", show_box_init },
	{ "deterministic ports", test_deterministic },
	{ "end", show_box_fini },
	CU_TEST_INFO_NULL,
};
