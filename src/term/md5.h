// The MD5 digest (RFC 1321): modules are identified by it, and Erlang's cookies are hashed with it.

#ifndef PURLIN_TERM_MD5_H
#define PURLIN_TERM_MD5_H

#include <stddef.h>
#include <stdint.h>

// Plain data: erlang:md5_init/0 hands it out as a binary.
struct md5 {
    uint32_t state[4];
    uint64_t size; // bytes so far
    uint8_t block[64];
};

void md5_init(struct md5 *md5);
void md5_update(struct md5 *md5, const void *bytes, size_t size);
void md5_final(struct md5 *md5, uint8_t digest[16]);

#endif
