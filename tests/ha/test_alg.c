/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP control connections live through a change of their host: numbers stay shifted as
 * the peer knows them, and the new host goes on translating; and it lets in what the old
 * one has announced. */
#include <stdio.h>
#include <string.h>

#include "flows.h"
#include "tests/unit/eal_main.h"

#define SERVER 0xc0000250u /* 192.0.2.80 */

static const struct pair_options hot = {
	.locations = ONE_TO_ONE, .ha = HOT, .instance = "alg = [ \"ftp\" ];"
};

/* A control connection of user 1, and how both ends count what the client says. */
static struct talk {
	uint32_t addr; /* public */
	uint16_t port;
	uint32_t seq, seen;
	struct cgn_model_packet out;
} talk;

static bool
send_up(uint8_t flags, const char *text, uint32_t seq)
{
	struct cgn_model_packet in = {
		.b4 = pair.box.conf->instances[0].kind == CGN_CONF_DS_LITE ? 1 : -1,
		.proto = 6,
		.src = pair_inside(1),
		.dst = SERVER,
		.sport = 5000,
		.dport = 21,
		.tcp_flags = flags,
		.seq = seq,
		.text = text,
		.len = (unsigned)strlen(text)
	};

	return pair_exchange(0, &in, &talk.out);
}

/* The client says something new, which comes in its place. */
static void
say(const char *text)
{
	CU_ASSERT_TRUE_FATAL(send_up(MODEL_ACK, text, talk.seq));
	CU_ASSERT_EQUAL(talk.out.seq, talk.seen);
	CU_ASSERT_EQUAL(talk.out.src, talk.addr);
	CU_ASSERT_EQUAL(talk.out.sport, talk.port);
	talk.seq += (uint32_t)strlen(text);
	talk.seen += talk.out.len;
}

/* The server has it all; the client is told so in its own numbers. */
static void
answer(uint8_t flags)
{
	struct cgn_model_packet in = { .b4 = -1,
		.proto = 6,
		.src = SERVER,
		.dst = talk.addr,
		.sport = 21,
		.dport = talk.port,
		.tcp_flags = flags,
		.ack = talk.seen },
				out;

	CU_ASSERT_TRUE_FATAL(pair_exchange(1, &in, &out));
	CU_ASSERT_EQUAL(out.ack, talk.seq);
}

static void
begin(const struct pair_options *o)
{
	pair_open(o);
	talk = (struct talk){ .seq = 0xfffffff0u, .seen = 0xfffffff0u };
	CU_ASSERT_TRUE_FATAL(send_up(MODEL_SYN, "", talk.seq));
	talk.addr = talk.out.src;
	talk.port = talk.out.sport;
	talk.seq++;
	talk.seen++;
	answer(MODEL_SYN | MODEL_ACK);
	say("USER anonymous\r\n");
	answer(MODEL_ACK);
}

/* PORT with the client's own end; of NAT44 users it becomes longer. */
static const char *
line(void)
{
	static char text[64];
	uint32_t a = pair_inside(1);

	snprintf(text, sizeof(text), "PORT %u,%u,%u,%u,20,1\r\n", a >> 24, a >> 16 & 255,
		a >> 8 & 255, a & 255);
	return text;
}

/* It was translated: somebody connects to the end that was told; false: in vain. */
static bool
connects(uint32_t from)
{
	unsigned h[6];
	char text[80] = "";
	struct cgn_model_packet in = { .b4 = -1,
		.proto = 6,
		.src = from,
		.sport = 20,
		.tcp_flags = MODEL_SYN },
				out;

	memcpy(text, talk.out.text, talk.out.len);
	CU_ASSERT_EQUAL_FATAL(sscanf(text, "PORT %u,%u,%u,%u,%u,%u\r\n", &h[0], &h[1],
				      &h[2], &h[3], &h[4], &h[5]),
		6);
	in.dst = h[0] << 24 | h[1] << 16 | h[2] << 8 | h[3];
	in.dport = (uint16_t)(h[4] << 8 | h[5]);
	CU_ASSERT_EQUAL(in.dst, talk.addr);
	if (!pair_exchange(1, &in, &out))
		return false;
	CU_ASSERT_EQUAL(out.dst, pair_inside(1));
	CU_ASSERT_EQUAL(out.dport, 20 << 8 | 1);
	return true;
}

static void
announced(void)
{
	CU_ASSERT_TRUE(connects(SERVER));
}

static void
transfer(void)
{
	say(line());
	announced();
	answer(MODEL_ACK);
	say("RETR file\r\n");
	answer(MODEL_ACK);
}

/* Three changes of hosts with transfers in between. */
static void
goes_on(const struct pair_options *o)
{
	begin(o);
	transfer();
	transfer();
	pair_run(4);
	SAME(0);
	for (unsigned k = 0; k < 2; k++) {
		pair_swap(0);
		say("NOOP\r\n");
		answer(MODEL_ACK);
		transfer();
		pair_run(4);
		SAME(0);
	}
	pair_fail(0);
	answer(MODEL_ACK); /* heard from outside first */
	say("NOOP\r\n");
	answer(MODEL_ACK);
	transfer();
	pair_close();
}

static void
test_goes_on(void)
{
	struct pair_options o = hot;

	goes_on(&o);
	o.ds_lite = true;
	goes_on(&o);
	o.instance = "alg = [ \"ftp\" ]; filtering = \"endpoint-dependent\";";
	goes_on(&o);
}

/* A connection that nothing was changed of is followed by the new host as well. */
static void
test_untouched(void)
{
	begin(&hot);
	pair_run(4);
	SAME(0);
	pair_fail(0);
	transfer();
	pair_close();
}

/* The host dies with a line that the server may not have: repeated, it is the same again,
 * and is not translated twice. */
static void
test_repeated(void)
{
	char first[80];
	unsigned len;
	uint32_t seq;

	begin(&hot);
	transfer();
	pair_run(4);
	seq = talk.seq;
	say(line());
	len = talk.out.len;
	memcpy(first, talk.out.text, len);
	pair_fail(0);
	CU_ASSERT_TRUE_FATAL(send_up(MODEL_ACK, line(), seq));
	CU_ASSERT_EQUAL(talk.out.seq + talk.out.len, talk.seen);
	CU_ASSERT_EQUAL_FATAL(talk.out.len, len);
	CU_ASSERT_EQUAL(memcmp(talk.out.text, first, len), 0);
	answer(MODEL_ACK);
	transfer();
	pair_close();
}

/* A record that was lost is found by the digests. */
static void
test_lost(void)
{
	begin(&hot);
	pair_run(4);
	say(line());
	CU_ASSERT(pair_lossy(1) > 0);
	announced();
	answer(MODEL_ACK);
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_CHECK);
	pair_run(10);
	SAME(0);
	pair_fail(0);
	say("NOOP\r\n");
	answer(MODEL_ACK);
	transfer();
	pair_close();
}

static void
expected(unsigned host, unsigned standby)
{
	CU_ASSERT_EQUAL(pair_host(0)->alg.expected.used, host);
	CU_ASSERT_EQUAL(pair_standby(0)->alg.expected.used, standby);
}

/* A line was translated, and the host dies before the server connects: the new one lets
 * it in, the server alone, and once. */
static void
expects(const struct pair_options *o)
{
	begin(o);
	pair_run(4);
	say(line());
	pair_run(4); /* at once would do, but for what is the same */
	SAME(0);
	expected(1, 1);
	pair_fail(0);
	if (strstr(o->instance, "dependent"))
		CU_ASSERT_FALSE(connects(SERVER + 1));
	announced();
	CU_ASSERT_EQUAL(pair_host(0)->alg.expected.used, 0);
	answer(MODEL_ACK);
	say("NOOP\r\n");
	pair_close();
}

static void
test_expected(void)
{
	struct pair_options o = hot;

	expects(&o);
	o.ds_lite = true;
	expects(&o);
	o.instance = "alg = [ \"ftp\" ]; mapping = \"endpoint-dependent\";"
		     "filtering = \"endpoint-dependent\";";
	expects(&o);
}

/* In the ring when the host dies; and with a ring that was full. */
static void
test_expected_at_once(void)
{
	begin(&hot);
	pair_run(4);
	say(line());
	pair_fail(0);
	announced();
	pair_close();
}

/* What came, and what nobody came for, is no more expected at either end; a standby does
 * not know better than its host. */
static void
test_expected_no_more(void)
{
	begin(&hot);
	pair_run(4);
	say(line());
	announced();
	pair_run(1);
	expected(0, 0);
	answer(MODEL_ACK);
	say(line());
	pair_run(50);
	expected(1, 1);
	say(line()); /* once more, and its time begins anew */
	pair_run(50);
	expected(1, 1);
	pair_run(15);
	expected(0, 0);
	SAME(0);
	say(line());
	pair_host(0)->alg.expected.top = 0; /* the host's sweep passes it over */
	pair_run(100);
	expected(1, 1);
	pair_host(0)->alg.expected.top = 1;
	pair_close();
}

/* Records of what is expected, and of what is not any more, are lost. */
static void
test_expected_lost(void)
{
	begin(&hot);
	pair_run(4);
	say(line());
	CU_ASSERT(pair_lossy(1) > 0);
	expected(1, 0);
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_CHECK);
	pair_run(10);
	expected(1, 1);
	SAME(0);
	announced();
	CU_ASSERT(pair_lossy(1) > 0);
	expected(0, 1);
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_CHECK);
	pair_run(10);
	expected(0, 0);
	SAME(0);
	say(line());
	cgn_sync_ask(pair_host(0), pair_location(0), CGN_SYNC_ASK_COPY);
	pair_run(10);
	expected(1, 1);
	SAME(0);
	pair_close();
}

/* With the connection goes all that was known of it, at both ends. */
static void
test_ends(void)
{
	begin(&hot);
	transfer();
	say(line());
	pair_run(4);
	send_up(MODEL_RST, "", talk.seq);
	pair_run(400);
	SAME(0);
	CU_ASSERT_EQUAL(pair_host(0)->alg.controls.used, 0);
	CU_ASSERT_EQUAL(pair_standby(0)->alg.controls.used, 0);
	expected(0, 0);
	pair_close();
}

const char *const eal_suite = "ha alg";
CU_TestInfo eal_tests[] = {
	{ "goes on", test_goes_on },
	{ "untouched", test_untouched },
	{ "repeated", test_repeated },
	{ "a record is lost", test_lost },
	{ "announced, and the host dies", test_expected },
	{ "announced at the last moment", test_expected_at_once },
	{ "announced, and no more expected", test_expected_no_more },
	{ "announced, and a record is lost", test_expected_lost },
	{ "ends", test_ends },
	CU_TEST_INFO_NULL,
};
