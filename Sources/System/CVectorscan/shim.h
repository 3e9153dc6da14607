#pragma once
#include <hs/hs.h>
// free(): what hs_expression_info and hs_serialize_database return is the caller's.
#include <stdlib.h>

// Vectorscan 5.4.9, Debian 12's, misses matches where it runs with AVX-512 (`x..z` behind sixty letters).
// The library has a runtime for each kind of processor, and chooses by itself. So where it has the one
// for AVX2, and the processor can run it, that one is called, and the automata are compiled for it;
// everywhere else the library chooses.
#if defined(__x86_64__)
#define CHARTER_AVX2(type, name, parameters) \
    __attribute__((weak)) extern type avx2_##name parameters
CHARTER_AVX2(hs_error_t, hs_open_stream, (const hs_database_t *, unsigned int, hs_stream_t **));
CHARTER_AVX2(hs_error_t, hs_scan_stream,
    (hs_stream_t *, const char *, unsigned int, unsigned int, hs_scratch_t *, match_event_handler,
     void *));
CHARTER_AVX2(hs_error_t, hs_close_stream,
    (hs_stream_t *, hs_scratch_t *, match_event_handler, void *));
CHARTER_AVX2(hs_error_t, hs_scan,
    (const hs_database_t *, const char *, unsigned int, unsigned int, hs_scratch_t *,
     match_event_handler, void *));
#undef CHARTER_AVX2

static inline int vectorscan_has_avx2(void) {
    return avx2_hs_open_stream && avx2_hs_scan_stream && avx2_hs_close_stream && avx2_hs_scan
        && __builtin_cpu_supports("avx2");
}
#define CHARTER_CALL(name, arguments) \
    (vectorscan_has_avx2() ? avx2_##name arguments : name arguments)
#else
static inline int vectorscan_has_avx2(void) { return 0; }
#define CHARTER_CALL(name, arguments) name arguments
#endif

static inline hs_error_t vectorscan_compile(
    const char *const *expressions, const unsigned int *flags, const unsigned int *ids,
    unsigned int count, unsigned int mode, hs_database_t **database,
    hs_compile_error_t **error) {
    hs_platform_info_t platform = {.cpu_features = HS_CPU_FEATURES_AVX2};
    return hs_compile_multi(
        expressions, flags, ids, count, mode, vectorscan_has_avx2() ? &platform : NULL, database,
        error);
}

static inline hs_error_t vectorscan_open(const hs_database_t *database, hs_stream_t **stream) {
    return CHARTER_CALL(hs_open_stream, (database, 0, stream));
}

static inline hs_error_t vectorscan_continue(
    hs_stream_t *stream, const char *bytes, unsigned int count, hs_scratch_t *scratch,
    match_event_handler tell, void *context) {
    return CHARTER_CALL(hs_scan_stream, (stream, bytes, count, 0, scratch, tell, context));
}

// Without scratch, nothing is told.
static inline hs_error_t vectorscan_close(
    hs_stream_t *stream, hs_scratch_t *scratch, match_event_handler tell, void *context) {
    return CHARTER_CALL(hs_close_stream, (stream, scratch, tell, context));
}

static inline hs_error_t vectorscan_scan(
    const hs_database_t *database, const char *bytes, unsigned int count, hs_scratch_t *scratch,
    match_event_handler tell, void *context) {
    return CHARTER_CALL(hs_scan, (database, bytes, count, 0, scratch, tell, context));
}
#undef CHARTER_CALL
