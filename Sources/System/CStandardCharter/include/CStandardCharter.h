// The standard charter with its patterns and replies, carried in the program.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct charter_bytes {
    const uint8_t *start;
    size_t count;
} charter_bytes;

charter_bytes charter_standard_document(void);
charter_bytes charter_standard_patterns(void);
charter_bytes charter_standard_replies(void);
charter_bytes charter_standard_discord(void);
charter_bytes charter_standard_phrases(void);

typedef struct charter_template {
    const char *name;
    charter_bytes bytes;
} charter_template;

// The template at a place, from 0; without a name behind the last.
charter_template charter_standard_template(size_t place);
