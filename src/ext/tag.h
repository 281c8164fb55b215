// Tags of the external term format: the first byte of each value. The numbers and layouts are those of the OTP
// documentation, "External Term Format". All numbers are big-endian unless marked.

#ifndef PURLIN_EXT_TAG_H
#define PURLIN_EXT_TAG_H

enum ext_tag {
    EXT_NEW_FLOAT = 70,       // 8 bytes: IEEE double
    EXT_BIT_BINARY = 77,      // size:32, bits used of the last byte:8, bytes
    EXT_COMPRESSED = 80,      // only behind the version byte: size when inflated:32, zlib stream of a value
    EXT_ATOM_CACHE_REF = 82,  // only between nodes: index:8
    EXT_NEW_PID = 88,         // node atom, id:32, serial:32, creation:32
    EXT_NEW_PORT = 89,        // node atom, number:32, creation:32
    EXT_NEWER_REFERENCE = 90, // count:16, node atom, creation:32, count ids of 32 bits
    EXT_SMALL_INTEGER = 97,   // 8 bits
    EXT_INTEGER = 98,         // 32 bits, signed
    EXT_FLOAT = 99,           // 31 bytes: text, padded with zeros
    EXT_ATOM = 100,           // size:16, Latin-1
    EXT_REFERENCE = 101,      // node atom, id:32, creation:8
    EXT_PORT = 102,           // node atom, number:32, creation:8
    EXT_PID = 103,            // node atom, id:32, serial:32, creation:8
    EXT_SMALL_TUPLE = 104,    // arity:8, elements
    EXT_LARGE_TUPLE = 105,    // arity:32, elements
    EXT_NIL = 106,
    EXT_STRING = 107,          // size:16, bytes: a list of small integers
    EXT_LIST = 108,            // length:32, elements, tail
    EXT_BINARY = 109,          // size:32, bytes
    EXT_SMALL_BIG = 110,       // size:8, sign:8, magnitude (little-endian)
    EXT_LARGE_BIG = 111,       // size:32, sign:8, magnitude (little-endian)
    EXT_NEW_FUN = 112,         // size:32 (of itself and all that follows), arity:8, uniq:16 bytes, index:32, free:32,
                               // module atom, old index and old uniq as integers, creator pid, free values
    EXT_EXPORT = 113,          // module atom, function atom, arity as a small integer
    EXT_NEW_REFERENCE = 114,   // count:16, node atom, creation:8, count ids of 32 bits
    EXT_SMALL_ATOM = 115,      // size:8, Latin-1
    EXT_MAP = 116,             // size:32, pairs
    EXT_ATOM_UTF8 = 118,       // size:16, UTF-8
    EXT_SMALL_ATOM_UTF8 = 119, // size:8, UTF-8
    EXT_V4_PORT = 120,         // node atom, number:64, creation:32
};

#define EXT_FLOAT_TEXT 31

#endif
