#!/usr/bin/env bash
# Builds the fuzzers of Fuzz/ and gives each of them SECONDS on its corpus, Fuzz/corpus/NAME.
#
#   scripts/fuzz.sh [SECONDS] [NAME]...      (unsaid: 300, and all of them)
#
# Exit 1 if one finds something; the input that did it is then in Fuzz/findings/. Exit 2 for other
# arguments, 3 where something is missing that this cannot install.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-300}
shift || true
fuzzers=("$@")
say() { printf '%s\n' "$*" >&2; }

if ! [[ $seconds =~ ^[1-9][0-9]{0,5}$ ]]; then
    say "usage: scripts/fuzz.sh [SECONDS] [NAME]..."
    exit 2
fi
all=()
for folder in Fuzz/Sources/*Fuzz/; do all+=("$(basename "$folder")"); done
[ "${#fuzzers[@]}" -gt 0 ] || fuzzers=("${all[@]}")
for fuzzer in "${fuzzers[@]}"; do
    if [[ " ${all[*]} " != *" $fuzzer "* ]]; then
        say "There is no fuzzer $fuzzer; there are: ${all[*]}"
        exit 2
    fi
done

scripts/install.sh build
# libFuzzer comes with the compiler.
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
FUZZER_LIBRARY="$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a"
if [ ! -f "$FUZZER_LIBRARY" ]; then
    say "This Swift has no libFuzzer ($FUZZER_LIBRARY): https://www.swift.org/install/linux/ does."
    exit 3
fi
export FUZZER_LIBRARY

say "Building the fuzzers"
build=(swift build --package-path Fuzz --scratch-path .build-fuzz -c release -j "${JOBS:-2}" --sanitize=address)
log=.build-fuzz/build.log
mkdir -p .build-fuzz Fuzz/findings
if ! "${build[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
bin=$("${build[@]}" --show-bin-path)

# Leaks are not looked for: the Swift runtime keeps some memory for good. Swift's own backtraces are
# off, as libFuzzer writes them.
export ASAN_OPTIONS=detect_leaks=0:malloc_context_size=4:quarantine_size_mb=32 SWIFT_BACKTRACE=enable=no
found=0
for fuzzer in "${fuzzers[@]}"; do
    corpus="Fuzz/corpus/$fuzzer" scratch=".build-fuzz/corpus/$fuzzer" log=".build-fuzz/$fuzzer.log"
    mkdir -p "$corpus" "$scratch"
    say "Fuzzing for $seconds s: $fuzzer"
    # What is new goes to the scratch folder, so that a run leaves the kept corpus as it was.
    if "$bin/$fuzzer" "$scratch" "$corpus" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="Fuzz/findings/$fuzzer-" >"$log" 2>&1; then
        awk '/number_of_executed_units/ { runs = $2 } /average_exec_per_sec/ { rate = $2 }
            /new_units_added/ { new = $2 } /peak_rss_mb/ { memory = $2 }
            END { printf "  nothing found in %d runs, %d a second; %d new inputs, %d MB\n", runs, rate, new, memory }' "$log"
    else
        found=1
        grep -aE 'Fatal error|ERROR:|SUMMARY|^    #[0-9]+ ' "$log" | head -n 30 >&2 || true
        say "$fuzzer found something (all of it: $log). To run it again:"
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        say "  ASAN_OPTIONS=$ASAN_OPTIONS SWIFT_BACKTRACE=$SWIFT_BACKTRACE $bin/$fuzzer ${input:-$corpus/*}"
    fi
done
exit "$found"
