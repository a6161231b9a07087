/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Values that the box is free to choose: a marker in a frame of a case stands for a
 * public port or address, or the identification of a packet; its value is learned from
 * the first frame that leaves with it. Lines of the file `vars`:
 *
 *   port MARKER NAME block=BLOCK size=N    in one block of N ports with its like
 *   addr MARKER NAME in=ADDRESS,... [not=MARKER]
 *   id MARKER NAME                         of IPv6 fragments; unlike every other
 *   id4 MARKER NAME                        of an IPv4 packet; unlike every other */
#ifndef CGN_TESTS_MARKS_H
#define CGN_TESTS_MARKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CGN_MARKS	 512
#define CGN_MARK_TEXT	 32
#define CGN_MARK_CHOICES 8

enum cgn_mark_kind { CGN_VAR_PORT, CGN_VAR_ADDR, CGN_VAR_ID, CGN_VAR_ID4 };

struct cgn_mark_var {
	char name[CGN_MARK_TEXT];
	enum cgn_mark_kind kind;
	bool known;
	uint32_t marker; /* port, IPv4 address or identification, host order */
	uint32_t value;
	/* port */
	char block[CGN_MARK_TEXT];
	uint32_t size;
	uint8_t proto;	  /* learned: IP protocol of the frame */
	uint32_t address; /* learned: public address beside the port */
	/* address */
	uint32_t choice[CGN_MARK_CHOICES];
	unsigned n_choices;
	uint32_t unlike; /* marker of another address, or 0 */
};

struct cgn_marks {
	unsigned n;
	struct cgn_mark_var var[CGN_MARKS];
};

/* Reads a file `vars`; no file: no markers. 0, or -errno with a line on err. */
int cgn_marks_load(struct cgn_marks *m, const char *path, FILE *err);

/* Learns what is still unknown in `want` from the same places of `got`, and checks it
 * against its constraints; false, with a line on err: not as demanded. */
bool cgn_marks_learn(struct cgn_marks *m, const uint8_t *want, uint16_t n_want,
	const uint8_t *got, uint16_t n_got, FILE *err);

/* Replaces the markers of a frame by their values and makes checksums that were right
 * right again; a wrong one stays as wrong as it was. false, with a line on err: a marker
 * has no value yet. */
bool cgn_marks_fill(const struct cgn_marks *m, uint8_t *frame, uint16_t len, FILE *err);

#endif
