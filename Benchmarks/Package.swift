// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that `swift build` and `swift test` at the root never build it.
let package = Package(
    name: "charter-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "charter", path: ".."),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .target(name: "CMeasure", cSettings: [.unsafeFlags(["-O3"])]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CMeasure",
                .product(name: "CharterEngine", package: "charter"),
                .product(name: "CharterDocuments", package: "charter"),
                .product(name: "CharterAnalysis", package: "charter"),
                .product(name: "CharterDetection", package: "charter"),
                .product(name: "CharterGateway", package: "charter"),
                .product(name: "CharterServer", package: "charter"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
