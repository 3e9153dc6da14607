// swift-tools-version: 6.2
import PackageDescription

// The engine and its tests alone, by links to their folders, so that they can be built optimized within
// a minute: the laws are held against 100,000 cases each here. In the root package a release build of
// the tests would fetch and build every server library once more.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "charter-release-tests",
    platforms: [.macOS(.v15)],
    targets: [
        // The tests look into the engine, which an optimized build does not let them do by itself.
        .target(name: "CharterEngine", swiftSettings: strict + [.unsafeFlags(["-enable-testing"])]),
        .testTarget(
            name: "CharterEngineTests", dependencies: ["CharterEngine"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
