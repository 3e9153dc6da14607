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

static const uint8_t adult_platform[] = {
#embed "../../../Charters/templates/adult_platform.yaml"
};

static const uint8_t agentic_coding[] = {
#embed "../../../Charters/templates/agentic_coding.yaml"
};

static const uint8_t companion[] = {
#embed "../../../Charters/templates/companion.yaml"
};

static const uint8_t creative_writing[] = {
#embed "../../../Charters/templates/creative_writing.yaml"
};

static const uint8_t crisis_line[] = {
#embed "../../../Charters/templates/crisis_line.yaml"
};

static const uint8_t customer_support[] = {
#embed "../../../Charters/templates/customer_support.yaml"
};

static const uint8_t education_under_18[] = {
#embed "../../../Charters/templates/education_under_18.yaml"
};

static const uint8_t legal_research[] = {
#embed "../../../Charters/templates/legal_research.yaml"
};

static const uint8_t medical_provider[] = {
#embed "../../../Charters/templates/medical_provider.yaml"
};

static const uint8_t security_research[] = {
#embed "../../../Charters/templates/security_research.yaml"
};

static const charter_template templates[] = {
    {"adult_platform", {adult_platform, sizeof adult_platform}},
    {"agentic_coding", {agentic_coding, sizeof agentic_coding}},
    {"companion", {companion, sizeof companion}},
    {"creative_writing", {creative_writing, sizeof creative_writing}},
    {"crisis_line", {crisis_line, sizeof crisis_line}},
    {"customer_support", {customer_support, sizeof customer_support}},
    {"education_under_18", {education_under_18, sizeof education_under_18}},
    {"legal_research", {legal_research, sizeof legal_research}},
    {"medical_provider", {medical_provider, sizeof medical_provider}},
    {"security_research", {security_research, sizeof security_research}},
};

charter_template charter_standard_template(size_t place) {
    return place < sizeof templates / sizeof *templates ? templates[place] : (charter_template){0};
}

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
