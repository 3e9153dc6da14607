// swift-tools-version: 6.2
import PackageDescription

// The engine's tests alone, so that they can be built optimized within a minute: the property tests run
// 100,000 cases each here. In the root package a release build of the tests would build every server
// library once more.
let package = Package(
    name: "charter-release-tests",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "charter", path: "../..")],
    targets: [
        .testTarget(
            name: "CharterEngineTests",
            dependencies: [.product(name: "CharterEngine", package: "charter")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
