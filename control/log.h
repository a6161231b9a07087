/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the daemon says: lines on stderr with the journal's priority prefix, and the last
 * events in memory for `show log`. */
#ifndef CGN_CONTROL_LOG_H
#define CGN_CONTROL_LOG_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h> /* LOG_ERR and the like: the priorities of both */
#include <time.h>

#define CGN_LOG_EVENTS 1024 /* kept */
#define CGN_LOG_TEXT   232

struct cgn_log_event {
	struct timespec when; /* wall clock */
	int priority;	      /* LOG_ERR.. */
	char text[CGN_LOG_TEXT];
};

/* Writes one line, `<6>cgnd: text`; without the prefix when stderr is a terminal. Any
 * thread but an lcore of the path. */
void cgn_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, and keeps it as an event. Control lcore. */
void cgn_log_event(int priority, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Events so far, also those that have been overwritten. Control lcore. */
uint64_t cgn_log_events(void);

/* An event by its number, 0 the first ever; NULL: overwritten, or not yet there. */
const struct cgn_log_event *cgn_log_event_at(uint64_t number);

/* A stream that logs what is written to it, line by line, as "dpdk: line", with warning
 * priority; for rte_openlog_stream(). NULL: out of memory. */
FILE *cgn_log_stream(void);

#endif
