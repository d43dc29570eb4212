/* service.h - a whole service under the fuzzer: it keeps to the contract, and says the same in any pieces. */
#ifndef TESTS_FUZZ_SERVICE_H
#define TESTS_FUZZ_SERVICE_H

#include "tests/fuzz/fuzz.h"
#include "tests/unit/drive.h"

/* FUZZ_PART stands between the parts of an input: what the client sends, then one for each connection to an
 * origin. The first character of such a part says what becomes of it: 'e' end, 's' silence, 'r' reset, all
 * after the bytes behind it; 'p' its sends fail; 'c' it is refused, 't' connecting takes too long. */
enum { FUZZ_PART = 0x1d, FUZZ_ORIGINS = 4 };

/* Shown each conversation when it is over. */
typedef void fuzz_look(const struct drive *, const struct drive_dialogue *);

/* Conversations with all that `like` has, but for in and origins, which are the input's. All pieces whole, byte
 * by byte, at random; with and without hot files; with each kind of end. look NULL: it does not speak HTTP. */
void fuzz_service(const struct fuzz_input *, const struct drive_dialogue *like, fuzz_look *look);

/* What was sent is a row of well-formed answers, with no field in their heads that a server of ours does not
 * send: so nothing of a request got out of the place that it was put in. */
fuzz_look fuzz_look_at_answers;

/* The same, but fields may be an origin's; and what the origins were sent is a row of heads, each HTTP/1.0. */
fuzz_look fuzz_look_at_forwarded;

#endif
