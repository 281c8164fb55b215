// Values in OTP's notation for crash dumps.
//
// A word is written where it stands; what it points to has a line of its own, ADDRESS:VALUE, in its owner's section:
//
//   words    N (nil)  I42  A2:ok  P<0.1.0>  p<0.5>  H7F00AB: see the line of that address
//   values   lWORD|WORD  tN:WORD,...  FN:1.5e+00  B16#FF  B-16#FF  YhN:BASE64 (a binary)
//            YcADDRESS:OFFSET:SIZE (of a binary in the section of that address)
//            MfN:KEYS:WORD,... (KEYS: the word of a tuple)  MhSIZE:N:WORD,... (a trie's root)  MnN:WORD,... (a branch)
//            P<1.2.3>  p<1.2> (of other nodes)  EN:BASE64 (in the external format: references, funs, odd bitstrings)
//
// Addresses, sizes and counts are hexadecimal. An immediate float lies nowhere: its word, which can be no address, is
// taken for one.

#ifndef PURLIN_REPORT_VALUES_H
#define PURLIN_REPORT_VALUES_H

#include "heap/heap.h"
#include "report/address_set.h"
#include "report/writer.h"

// What has been referred to and is to have its line.
struct values {
    struct writer *writer;
    struct address_set found; // in the heap that is being written
    struct address_set literals;
    struct address_set binaries; // shared ones
    struct heap decoded;         // of messages from other nodes
};

void values_word(struct values *values, term word);
void values_write_found(struct values *values); // and forgets them: the section of a heap
void values_write_literals(struct values *values);
void values_write_binaries(struct values *values);
void values_free(struct values *values);

#endif
