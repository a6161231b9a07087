/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CGN_CONTROL_CTL_CAPTURE_H
#define CGN_CONTROL_CTL_CAPTURE_H

#include <jansson.h>
#include <stdio.h>

struct cgn_ctl_capture;

/**
 * Compiles a filter expression of libpcap, for frames of Ethernet.
 * @param err  receives what is wrong with it
 * @return the program as text, "N,CODE JT JF K,…", allocated; or NULL
 */
char *cgn_ctl_capture_compile(const char *expression, char *err, size_t err_size);

/**
 * The file that a capture goes to; made, or emptied, with the first block.
 * @param path  "-": `out`
 * @return NULL: out of memory
 */
struct cgn_ctl_capture *cgn_ctl_capture_create(const char *path, FILE *out);

/**
 * Writes blocks.
 * @param blocks  array of strings, base64
 * @return 0 or -errno
 */
int cgn_ctl_capture_write(struct cgn_ctl_capture *capture, const json_t *blocks);

/** Closes the file. @return 0 or -errno; NULL is allowed */
int cgn_ctl_capture_close(struct cgn_ctl_capture *capture);

#endif
