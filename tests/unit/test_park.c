/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Parking of real threads: one that spins, one that faults, one inside a "driver", one
 * that does not execute and wakes up later. */
#include "dataplane/park.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/watch.h"
#include "suite.h"

static struct cgn_park park;
static volatile int started, leave_driver, beyond;
static int home_again;

static void
turn_in_peace(void)
{
	for (;;)
		cgn_park_turn(&park);
}

static void
spin(void)
{
	for (;;)
		;
}

/* Takes fresh memory, as tables do that fill. */
static void
take_pages(void)
{
	for (;;) {
		size_t size = 1u << 20;
		volatile char *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t at = 0; page != MAP_FAILED && at < size; at += 4096)
			page[at] = 1;
		munmap((void *)(uintptr_t)page, size);
	}
}

static void
fault(void)
{
	volatile int *page =
		mmap(NULL, sizeof(*page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*page = 1;
	beyond = 1;
}

static void
drive(void)
{
	cgn_park_hold();
	while (!leave_driver)
		;
	cgn_park_unhold();
	beyond = 1;
	spin();
}

/* The signal cannot reach it: as if it did not execute. */
static void
sleep_deeply(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	started = 1;
	while (!leave_driver)
		;
	pthread_sigmask(SIG_UNBLOCK, &all, NULL);
	beyond = 1;
	spin();
}

static void *
thread(void *arg)
{
	void (*body)(void);

	memcpy(&body, arg, sizeof(body));
	if (cgn_park_enter(&park))
		return NULL;
	if (sigsetjmp(park.home, 1) == 0) {
		started = body != sleep_deeply;
		body();
	}
	home_again = 1;
	cgn_park_leave(&park);
	return NULL;
}

static pthread_t
start(void (*body)(void))
{
	static void (*kept)(void);
	pthread_t id;

	memset(&park, 0, sizeof(park));
	started = leave_driver = beyond = home_again = 0;
	kept = body;
	CU_ASSERT_EQUAL_FATAL(cgn_park_init(true), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&id, NULL, thread, &kept), 0);
	while (!started)
		;
	return id;
}

/* On a busy machine a thread may not execute for longer than is waited for. */
static void
await_parked(void)
{
	while (!cgn_park_is_parked(&park))
		usleep(100);
}

static void
end(pthread_t id)
{
	CU_ASSERT_TRUE(cgn_park_release(&park));
	pthread_join(id, NULL);
	CU_ASSERT_TRUE(home_again);
	cgn_park_fini();
}

static void
test_asked(void)
{
	pthread_t id = start(turn_in_peace);

	CU_ASSERT_FALSE(cgn_park_is_parked(&park));
	CU_ASSERT_FALSE(cgn_park_release(&park));
	cgn_park_ask(&park);
	await_parked();
	CU_ASSERT_TRUE(park.clean);
	end(id);
}

static void
test_spins(void)
{
	pthread_t id = start(spin);

	cgn_park_seize(&park);
	await_parked();
	CU_ASSERT_FALSE(park.clean);
	CU_ASSERT_EQUAL(park.fault.signal, 0);
	CU_ASSERT_TRUE(cgn_park_seize(&park)); /* again does no harm */
	end(id);
}

/* A thread that executes answers, one that does not, answers once when it does. */
static void
test_probe(void)
{
	pthread_t id = start(spin);

	for (unsigned n = 0; n < 3; n++) {
		CU_ASSERT_EQUAL(cgn_park_answers(&park), n);
		cgn_park_probe(&park);
		while (cgn_park_answers(&park) == n)
			usleep(100);
	}
	CU_ASSERT_FALSE(cgn_park_is_parked(&park));
	cgn_park_seize(&park);
	await_parked();
	end(id);
	id = start(sleep_deeply);
	cgn_park_probe(&park);
	cgn_park_probe(&park);
	CU_ASSERT_EQUAL(cgn_park_answers(&park), 0);
	leave_driver = 1;
	while (!beyond)
		usleep(100);
	CU_ASSERT_EQUAL(cgn_park_answers(&park), 1);
	cgn_park_seize(&park);
	await_parked();
	end(id);
}

/* Pages given to a thread between two of its answers. */
static uint32_t
pages_between(void (*body)(void))
{
	pthread_t id = start(body);
	uint32_t first = 0;

	for (unsigned n = 0; n < 3; n++) {
		cgn_park_probe(&park);
		while (cgn_park_answers(&park) == n)
			usleep(100);
		if (n == 1)
			first = cgn_park_faults(&park);
	}
	first = cgn_park_faults(&park) - first;
	cgn_park_seize(&park);
	await_parked();
	end(id);
	return first;
}

/* What tells one that loops from one that fills its tables. */
static void
test_pages(void)
{
	uint32_t none = pages_between(spin), some = 0;

	CU_ASSERT_TRUE(none < CGN_WATCH_PAGES);
	for (unsigned k = 0; k < 100 && some < CGN_WATCH_PAGES; k++)
		some = pages_between(take_pages);
	CU_ASSERT_TRUE(some >= CGN_WATCH_PAGES);
}

static void
test_faults(void)
{
	pthread_t id = start(fault);

	await_parked();
	CU_ASSERT_EQUAL(park.fault.signal, SIGSEGV);
	CU_ASSERT_PTR_NOT_NULL(park.fault.address);
	CU_ASSERT_TRUE(park.fault.frames > 1);
	CU_ASSERT_TRUE(cgn_park_seize(&park));
	CU_ASSERT_FALSE(beyond);
	end(id);
}

/* Seized inside a driver only when it has not left it in time. */
static void
test_in_driver(void)
{
	pthread_t id = start(drive);

	while (!cgn_park_in_driver(&park))
		sched_yield();
	cgn_park_seize(&park);
	await_parked();
	CU_ASSERT_FALSE(beyond);
	end(id);
}

static void
test_wakes_up(void)
{
	pthread_t id = start(sleep_deeply);

	CU_ASSERT_FALSE(cgn_park_in_driver(&park));
	CU_ASSERT_FALSE(cgn_park_seize(&park));
	CU_ASSERT_FALSE(cgn_park_release(&park));
	leave_driver = 1;
	await_parked();
	CU_ASSERT_FALSE(beyond);
	end(id);
}

static CU_TestInfo tests[] = {
	{ "asked, between two turns", test_asked },
	{ "spins", test_spins },
	{ "answers while it executes", test_probe },
	{ "pages it was given", test_pages },
	{ "faults", test_faults },
	{ "inside a driver for ever", test_in_driver },
	{ "wakes up when it is too late", test_wakes_up },
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return suite_run("park", tests);
}
