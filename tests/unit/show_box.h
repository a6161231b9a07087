/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A daemon without threads for the tests of commands: two boards, a port that takes
 * everything, a DS-Lite and a NAT44 instance; its workers turn when show_box_ask() does.
 */
#ifndef CGN_TESTS_UNIT_SHOW_BOX_H
#define CGN_TESTS_UNIT_SHOW_BOX_H

#include <jansson.h>

#include "control/show.h"

extern struct cgn_daemon show_box;

/* Makes and frees it; asserts that all goes well. */
void show_box_init(void);
void show_box_fini(void);

/* Sends n UDP packets upward, each of a flow of its own: from 10.0.USER/250.USER%250
 * (NAT44) or through the softwire of B4 number USER (DS-Lite), USER = flow % users. */
void show_box_nat44(unsigned n, unsigned users);
void show_box_ds_lite(unsigned n, unsigned users);

/* Runs a command to its end. The document as cgnctl would print it, NULL when refused;
 * exit code and reason are in show_box_exit and show_box_error. */
json_t *show_box_ask(const char *command);

/* Begins a command, as the server does; for tests that break it off. */
void show_box_begin(struct cgn_cmd_ctx *ctx, const char *command);

/* One turn of both workers. */
void show_box_turn(void);

extern int show_box_exit;
extern char show_box_error[512];

#endif
