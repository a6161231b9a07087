/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files with the keys of channels. */
#ifndef CGN_CONTROL_CHANNEL_KEY_H
#define CGN_CONTROL_CHANNEL_KEY_H

#include "conf/conf.h"
#include "ha/channel.h"

/* Reads the keys of a file: the first is the one to seal with. Returns how many, or
 * -errno with a reason in err: it cannot be read, others may, or there is no key in it,
 * or too many. With keys that can be guessed err says so, else it is empty. */
int cgn_channel_key_read(const char *path, struct cgn_seal_key key[CGN_CHANNEL_KEYS],
	char *err, size_t err_size);

/* Reads all key files of a configuration: an error for each that cannot be used, where
 * there is none yet; a warning for keys that can be guessed. Any thread. */
void cgn_channel_key_verify(struct cgn_reader *r);

#endif
