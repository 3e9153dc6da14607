// swift-tools-version: 6.2
import PackageDescription

// The fuzzers, with LLVM's libFuzzer. `make fuzz` builds and runs them: scripts/fuzz.sh has the flags.
//
// A package of its own, so that the root never sees the flags; and with links to the folders of the
// parts, so that nothing is fetched and no server library is built.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// Instrumented, and open to the fuzzers as to tests; optimized, which is five times as fast.
let instrumented: [SwiftSetting] =
    strict + [
        .unsafeFlags([
            "-enable-testing", "-sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp",
        ])
    ]

let parts: [Target.Dependency] = [
    "CharterEngine", "CharterDocuments", "CharterDetection", "CharterGateway", "Fuzzing",
]

// libFuzzer without its own `main`, which SwiftPM would not let it have; scripts/fuzz.sh says where.
let library = Context.environment["FUZZER_LIBRARY"] ?? "libclang_rt.fuzzer_no_main-x86_64.a"

func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: parts, swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-Xlinker", library, "-lstdc++"])])
}

let package = Package(
    name: "charter-fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CMarkGFM", path: "Sources/System/CMarkGFM"),
        .systemLibrary(name: "CYAML", path: "Sources/System/CYAML"),
        .systemLibrary(name: "CVectorscan", path: "Sources/System/CVectorscan"),
        .systemLibrary(name: "CUTF8Proc", path: "Sources/System/CUTF8Proc"),
        .target(
            name: "CSimdjson", path: "Sources/System/CSimdjson",
            cxxSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link"])],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "Crypto", swiftSettings: strict),

        .target(name: "CharterEngine", swiftSettings: instrumented),
        .target(
            name: "CharterDocuments",
            dependencies: [
                "CharterEngine", "CMarkGFM", "CUTF8Proc", "CYAML", "CSimdjson", "Crypto",
            ],
            swiftSettings: instrumented),
        .target(
            name: "CharterDetection",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CVectorscan", "CUTF8Proc", "Crypto",
            ],
            swiftSettings: instrumented),
        .target(
            name: "CharterAnalysis",
            dependencies: ["CharterEngine", "CharterDocuments", "CharterDetection"],
            swiftSettings: instrumented),
        .target(
            name: "CharterGateway",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
                "CSimdjson",
            ],
            swiftSettings: instrumented),

        .target(
            name: "Fuzzing",
            dependencies: ["CharterDocuments", "CharterDetection", "CharterGateway"],
            swiftSettings: strict),
        fuzzer("CharterFuzz"),
        fuzzer("LayerFuzz"),
        fuzzer("ConditionFuzz"),
        fuzzer("RequestFuzz"),
        fuzzer("StreamFuzz"),
        fuzzer("DetectionFuzz"),
        fuzzer("DecisionFuzz"),
        fuzzer("TokenFuzz"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
