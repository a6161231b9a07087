/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Timing, credit and sequence of a stream, frame by frame; what comes of it over a bad
 * link is in tests/ha. */
#include "ha/stream.h"

#include <string.h>

#include "suite.h"

static struct cgn_stream out, in;
static struct cgn_stream_pool pool;
static struct cgn_stream_rtt rtt;
static uint64_t came, lag_us;
static bool refuses;

static bool
deliver(void *ctx, uint16_t location, const uint8_t record[CGN_SYNCREC_BYTES])
{
	(void)ctx;
	(void)record;
	came += location == 7 && !refuses;
	return !refuses;
}

static void
lag(void *ctx, uint64_t us, unsigned records)
{
	(void)ctx;
	(void)records;
	lag_us = us;
}

static void
begin(void)
{
	pool.frame = 1000;
	rtt = (struct cgn_stream_rtt){ 0 };
	came = 0;
	refuses = false;
	cgn_stream_init(&out, 7, 5);
	cgn_stream_init(&in, 7, 6);
	cgn_stream_hear(&in, &pool, 5, out.base);
	out.limit = out.base + CGN_WIRE_WINDOW;
}

static void
end(void)
{
	cgn_stream_fini(&out, &pool);
	cgn_stream_fini(&in, &pool);
	cgn_stream_pool_fini(&pool);
}

static bool
put(uint64_t now_us)
{
	uint8_t record[CGN_SYNCREC_BYTES] = { 200 };

	return cgn_stream_put(&out, &pool, record, now_us);
}

/* Sends the next frame; it arrives, unless it is lost. */
static bool
send(uint64_t now_us, bool arrives)
{
	struct cgn_stream_frame *f = cgn_stream_next(&out);
	struct cgn_wire_records r;

	if (!f)
		return false;
	r = (struct cgn_wire_records){ .location = 7,
		.stream = 5,
		.seq = f->seq,
		.held = (uint16_t)(f->seq - out.base),
		.body = f->data,
		.len = f->len };
	if (arrives)
		cgn_stream_take(&in, &pool, &r);
	cgn_stream_sent(&out, f, now_us);
	return true;
}

static bool
acknowledge(uint64_t now_us)
{
	struct cgn_wire_ack ack;

	cgn_stream_give(&in, &pool, deliver, NULL);
	cgn_stream_tell(&in, &ack);
	return cgn_stream_acked(&out, &pool, &ack, &rtt, lag, NULL, now_us);
}

/* n frames of one record each. */
static void
frames(unsigned n, uint64_t now_us)
{
	while (n--) {
		CU_ASSERT_TRUE(put(now_us));
		cgn_stream_timer(&out, &pool, &rtt, now_us + CGN_STREAM_FLUSH_US);
	}
}

static void
test_flush(void)
{
	begin();
	put(1000);
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out));
	CU_ASSERT_FALSE(cgn_stream_drained(&out));
	cgn_stream_timer(&out, &pool, &rtt, 1000 + CGN_STREAM_FLUSH_US - 1);
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out));
	cgn_stream_timer(&out, &pool, &rtt, 1000 + CGN_STREAM_FLUSH_US);
	CU_ASSERT_TRUE(send(3000, true));
	CU_ASSERT_TRUE(acknowledge(5000));
	CU_ASSERT_EQUAL(lag_us, 4000);
	CU_ASSERT_EQUAL(rtt.smooth_us, 2000);
	CU_ASSERT_TRUE(cgn_stream_drained(&out));
	end();
}

static void
test_timeout(void)
{
	begin();
	frames(1, 1000);
	send(2000, false);
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out));
	cgn_stream_timer(&out, &pool, &rtt, 2000 + cgn_stream_timeout(&rtt) - 1);
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out));
	cgn_stream_timer(&out, &pool, &rtt, 2000 + cgn_stream_timeout(&rtt));
	CU_ASSERT_PTR_NOT_NULL(cgn_stream_next(&out));
	/* the next one takes twice as long */
	send(300000, false);
	cgn_stream_timer(&out, &pool, &rtt, 300000 + cgn_stream_timeout(&rtt));
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out));
	cgn_stream_timer(&out, &pool, &rtt, 300000 + 2 * cgn_stream_timeout(&rtt));
	CU_ASSERT_TRUE(send(800000, true));
	CU_ASSERT_TRUE(acknowledge(801000));
	CU_ASSERT_EQUAL(rtt.smooth_us, 0); /* which one was it? (Karn) */
	CU_ASSERT_EQUAL(out.count.resent, 2);
	CU_ASSERT_EQUAL(out.count.sent, 1);
	end();
}

/* Later frames have arrived: no need to wait for the timeout. */
static void
test_overtaken(void)
{
	begin();
	rtt = (struct cgn_stream_rtt){ 10000, 1000 };
	frames(3, 1000);
	send(3000, false);
	send(3000, true);
	send(3000, true);
	acknowledge(13000);
	CU_ASSERT_EQUAL(came, 0);
	cgn_stream_timer(&out, &pool, &rtt, 14000);
	CU_ASSERT_PTR_NULL(cgn_stream_next(&out)); /* it may be late only */
	cgn_stream_timer(&out, &pool, &rtt, 3000 + 10000 + 3000);
	CU_ASSERT_TRUE(send(16000, true));
	acknowledge(26000);
	CU_ASSERT_EQUAL(came, 3);
	CU_ASSERT_TRUE(cgn_stream_drained(&out));
	end();
}

static void
test_credit(void)
{
	begin();
	out.limit = out.base + 2;
	frames(5, 1000);
	CU_ASSERT_TRUE(send(3000, true));
	CU_ASSERT_TRUE(send(3000, true));
	CU_ASSERT_FALSE(send(3000, true));
	refuses = true;
	acknowledge(4000);
	CU_ASSERT_EQUAL(came, 0);
	CU_ASSERT_EQUAL(in.stored, 2);
	refuses = false;
	acknowledge(5000);
	CU_ASSERT_EQUAL(came, 2);
	for (unsigned k = 0; k < 3; k++)
		CU_ASSERT_TRUE(send(6000, true));
	acknowledge(7000);
	CU_ASSERT_EQUAL(came, 5);
	end();
}

static void
test_window_full(void)
{
	unsigned n = 0;

	begin();
	while (put(1000) && n < 1000000)
		n++;
	CU_ASSERT_EQUAL(out.next - out.base, CGN_WIRE_WINDOW);
	CU_ASSERT_EQUAL(out.count.full, 1);
	while (send(2000, true))
		;
	acknowledge(3000);
	CU_ASSERT_EQUAL(came, n);
	CU_ASSERT_TRUE(put(4000));
	end();
}

static void
test_again(void)
{
	struct cgn_wire_ack ack;

	begin();
	frames(2, 1000);
	send(3000, true);
	send(3000, true);
	cgn_stream_tell(&in, &ack); /* nothing delivered, both here */
	CU_ASSERT_EQUAL(ack.have[0], 3);
	cgn_stream_resume(&out);
	send(4000, true);
	send(4000, true);
	CU_ASSERT_EQUAL(in.count.duplicate, 2);
	acknowledge(5000);
	CU_ASSERT_EQUAL(came, 2);
	/* of the past, and of what was never sent */
	CU_ASSERT_TRUE(cgn_stream_acked(&out, &pool, &ack, &rtt, lag, NULL, 6000));
	ack.taken = out.next + 1;
	CU_ASSERT_FALSE(cgn_stream_acked(&out, &pool, &ack, &rtt, lag, NULL, 6000));
	end();
}

/* VPP nat44-ei: the retransmission of a full message is truncated by an 8-bit length. */
static void
test_full_again(void)
{
	unsigned n = 0;

	begin();
	for (; out.next == CGN_STREAM_FIRST; n++)
		put(1000); /* the last one is in the next frame */
	CU_ASSERT_TRUE(cgn_stream_next(&out)->len > 900);
	send(2000, false);
	cgn_stream_resume(&out);
	send(3000, true);
	acknowledge(4000);
	CU_ASSERT_EQUAL(out.count.resent, n - 1);
	CU_ASSERT_EQUAL(came, n - 1);
	CU_ASSERT_EQUAL(in.count.refused, 0);
	end();
}

static void
test_give_up(void)
{
	uint64_t now = 3000, lost = 0;

	begin();
	frames(3, 1000);
	send(now, true);
	send(now, false);
	send(now, true);
	for (unsigned k = 0; k < 200 && !lost; k++) {
		acknowledge(now += 100000);
		lost = cgn_stream_timer(&out, &pool, &rtt, now += 900000);
		while (send(now, false))
			;
	}
	CU_ASSERT_EQUAL(lost, 1);
	CU_ASSERT_EQUAL(came, 1);
	/* the other end learns it with the next frame, and what waited is delivered */
	frames(1, now);
	send(now, true);
	CU_ASSERT_EQUAL(cgn_stream_give(&in, &pool, deliver, NULL), 1);
	CU_ASSERT_EQUAL(came, 3);
	acknowledge(now);
	CU_ASSERT_TRUE(cgn_stream_drained(&out));
	end();
}

/* As far ahead as 64 bits go: nothing is walked number by number. */
static void
test_far_base(void)
{
	begin();
	cgn_stream_hear(&in, &pool, 5, 1ull << 60);
	CU_ASSERT_EQUAL(cgn_stream_give(&in, &pool, deliver, NULL),
		(1ull << 60) - CGN_STREAM_FIRST);
	CU_ASSERT_EQUAL(in.taken, 1ull << 60);
	end();
}

static void
test_rtt(void)
{
	struct cgn_stream_rtt r = { 0 };

	CU_ASSERT_EQUAL(cgn_stream_timeout(&r), 200000);
	cgn_stream_measure(&r, 100000);
	CU_ASSERT_EQUAL(cgn_stream_timeout(&r), 300000); /* RFC 6298 2.2 */
	for (unsigned k = 0; k < 100; k++)
		cgn_stream_measure(&r, 200);
	CU_ASSERT_EQUAL(cgn_stream_timeout(&r), 10000); /* its lower bound */
	cgn_stream_measure(&r, 10000000);
	CU_ASSERT_EQUAL(cgn_stream_timeout(&r), 1000000);
}

int
main(void)
{
	CU_TestInfo tests[] = { { "flush, lag", test_flush },
		{ "timeout doubles", test_timeout }, { "overtaken", test_overtaken },
		{ "credit", test_credit }, { "window full", test_window_full },
		{ "again", test_again },
		{ "VPP nat44-ei: a full message is sent again", test_full_again },
		{ "given up", test_give_up }, { "base far ahead", test_far_base },
		{ "round trips", test_rtt }, CU_TEST_INFO_NULL };

	return suite_run("stream", tests);
}
