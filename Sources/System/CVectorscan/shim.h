#pragma once
#include <hs/hs.h>
// free(): what hs_expression_info and hs_serialize_database return is the caller's.
#include <stdlib.h>
