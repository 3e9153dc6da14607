// The description of the HTTP interface, docs/openapi.yaml, carried in the program.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct charter_description {
    const uint8_t *start;
    size_t count;
} charter_description;

charter_description charter_interface_description(void);
