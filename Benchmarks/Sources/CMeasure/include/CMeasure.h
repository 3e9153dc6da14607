// What the benchmarks measure with: the CPU's clock, a count of allocations, one pinned core, and
// the peer: a bit field in C, as Discord computes permissions.
#pragma once

#include <stddef.h>
#include <stdint.h>

// CPU time of this process in nanoseconds.
uint64_t measure_cpu_nanoseconds(void);

// How often memory has been allocated in this process so far.
uint64_t measure_allocations(void);

// Lets every line of output through at once, into a pipe, too.
void measure_print_lines(void);

// Runs a program, its output thrown away, on any core; wall time in nanoseconds, 0 where it cannot be
// run. (Foundation's Process looks for the end every 50 ms.)
uint64_t measure_program(char *const arguments[]);

// Keeps this process on one core; 0 where that is done.
int measure_pin(int core);

// Memory that is resident, in bytes.
uint64_t measure_resident(void);

// A policy of yes and no: everyone's bits, four roles, two channels with overwrites, 8 conditions.
typedef struct field_policy {
    uint64_t everyone, role[4];
    uint64_t everyone_deny[2], everyone_allow[2];
    uint64_t role_deny[2][4], role_allow[2][4];
    uint64_t condition_bit[8];
    int32_t condition_claim[8], condition_least[8];
} field_policy;

typedef struct field_request {
    uint32_t roles;
    int32_t channel;
    int32_t claims[8];
} field_request;

// All 64 bits.
uint64_t field_matrix(const field_policy *policy, const field_request *request);

// One bit.
int field_decide(const field_policy *policy, const field_request *request, int bit);
