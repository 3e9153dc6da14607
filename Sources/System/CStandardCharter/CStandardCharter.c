#include "CStandardCharter.h"

// The documents themselves, not copies of them: what is published is what is carried.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t document[] = {
#embed "../../../Charters/standard.md"
};

static const uint8_t patterns[] = {
#embed "../../../Charters/standard.patterns.yaml"
};

static const uint8_t replies[] = {
#embed "../../../Charters/standard.replies.yaml"
};

static const uint8_t discord[] = {
#embed "../../../Charters/standard.discord.yaml"
};

static const uint8_t phrases[] = {
#embed "../../../Charters/standard.phrases.yaml"
};

charter_bytes charter_standard_document(void) {
    return (charter_bytes){document, sizeof document};
}

charter_bytes charter_standard_patterns(void) {
    return (charter_bytes){patterns, sizeof patterns};
}

charter_bytes charter_standard_replies(void) {
    return (charter_bytes){replies, sizeof replies};
}

charter_bytes charter_standard_phrases(void) {
    return (charter_bytes){phrases, sizeof phrases};
}

charter_bytes charter_standard_discord(void) {
    return (charter_bytes){discord, sizeof discord};
}
