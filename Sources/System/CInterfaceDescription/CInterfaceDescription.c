#include "CInterfaceDescription.h"

// The document itself, not a copy of it: what is described is what is served.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t description[] = {
#embed "../../../docs/openapi.yaml"
};

charter_description charter_interface_description(void) {
    return (charter_description){description, sizeof description};
}
