// simdjson behind a C header: one call reads a whole JSON text and leaves a flat list of its
// values, in document order, with every string unescaped and every value's place in the source.
// Nothing is guessed: what is not exactly RFC 8259, or names one key twice in an object, is
// refused, so that no other reader of the same bytes can see something else in them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One value. Its kind is told by its first byte: `{ [ " t f n`, a digit or `-`.
typedef struct charter_json_node {
    uint32_t start, end;        // the value's bytes in the source
    uint32_t text, text_end;    // a string's unescaped bytes in `texts`
    uint32_t key, key_end;      // the unescaped key in `texts`, where the value is a member
    uint32_t key_start;         // the place of the key's opening quote in the source
    uint32_t next;              // the first node behind this value and all inside it
} charter_json_node;

typedef enum charter_json_status {
    CHARTER_JSON_OK = 0,
    CHARTER_JSON_MALFORMED,
    CHARTER_JSON_TOO_DEEP,
    CHARTER_JSON_TOO_MANY_VALUES,
    CHARTER_JSON_DUPLICATE_KEY,
    CHARTER_JSON_NOT_UTF8,
    CHARTER_JSON_NO_MEMORY,
} charter_json_status;

typedef struct charter_json_reading {
    charter_json_status status;
    int64_t offset;                    // of what is wrong; -1 where that is not known
    const charter_json_node *nodes;    // node 0 is the whole document
    size_t node_count;
    const uint8_t *texts;
    size_t text_count;
} charter_json_reading;

// Reads a text whose outermost value is an object or a list. What is returned lives, on this
// thread, until the next call or `charter_json_release`. `length` is below 2^32 - 64.
charter_json_reading charter_json_read(
    const uint8_t *bytes, size_t length, uint32_t depth_limit, uint32_t value_limit);

// Gives back this thread's memory where a large text has made it large.
void charter_json_release(void);

#ifdef __cplusplus
}
#endif
