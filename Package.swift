// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdHTTP2: Target.Dependency = .product(
    name: "HummingbirdHTTP2", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(
    name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(
    name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "charter",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "CharterEngine", targets: ["CharterEngine"]),
        .library(name: "CharterDocuments", targets: ["CharterDocuments"]),
        .library(name: "CharterAnalysis", targets: ["CharterAnalysis"]),
        .library(name: "CharterDetection", targets: ["CharterDetection"]),
        .library(name: "CharterGateway", targets: ["CharterGateway"]),
        .library(name: "CharterServer", targets: ["CharterServer"]),
        .executable(name: "charter", targets: ["CharterCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries: linked from the system, or (simdjson) behind a C header of our own.
        .systemLibrary(
            name: "CMarkGFM", path: "Sources/System/CMarkGFM",
            providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
        .systemLibrary(
            name: "CYAML", path: "Sources/System/CYAML", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CVectorscan", path: "Sources/System/CVectorscan",
            providers: [.apt(["libvectorscan-dev"])]),
        .systemLibrary(
            name: "CUTF8Proc", path: "Sources/System/CUTF8Proc",
            providers: [.apt(["libutf8proc-dev"])]),
        .target(
            name: "CSimdjson", path: "Sources/System/CSimdjson",
            cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("simdjson")]),

        .target(name: "CStandardCharter", path: "Sources/System/CStandardCharter"),
        .target(name: "CInterfaceDescription", path: "Sources/System/CInterfaceDescription"),

        .target(name: "CharterEngine", swiftSettings: strict),
        .target(
            name: "CharterDocuments",
            dependencies: ["CharterEngine", "CMarkGFM", "CUTF8Proc", "CYAML", "CSimdjson", crypto],
            swiftSettings: strict),
        .target(
            name: "CharterAnalysis",
            dependencies: ["CharterEngine", "CharterDocuments", "CharterDetection"],
            swiftSettings: strict),
        .target(
            name: "CharterDetection",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CVectorscan", "CUTF8Proc", crypto,
            ],
            swiftSettings: strict),
        .target(
            name: "CharterGateway",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
                "CSimdjson",
            ],
            swiftSettings: strict),
        .target(
            name: "CharterStore", dependencies: ["CharterEngine", crypto, grdb],
            swiftSettings: strict),
        .target(
            name: "CharterServer",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
                "CharterGateway", "CharterStore", "CStandardCharter",
                "CInterfaceDescription", crypto, hummingbird, hummingbirdHTTP2,
                httpClient, httpTypes,
                jwtKit, logging,
                nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL, nioTLS,
                serviceLifecycle, unixSignals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "CharterCommand",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
                "CharterGateway", "CharterServer", "CharterStore", argumentParser,
            ],
            swiftSettings: strict),

        .testTarget(
            name: "CharterEngineTests", dependencies: ["CharterEngine"], swiftSettings: strict),
        .testTarget(
            name: "CharterDocumentsTests", dependencies: ["CharterEngine", "CharterDocuments"],
            swiftSettings: strict),
        .testTarget(
            name: "CharterAnalysisTests",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterDetection", "CharterAnalysis",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CharterDetectionTests",
            dependencies: ["CharterEngine", "CharterDocuments", "CharterDetection"],
            swiftSettings: strict),
        .testTarget(
            name: "CharterGatewayTests",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterDetection", "CharterGateway",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CharterServerTests",
            dependencies: [
                "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
                "CharterGateway", "CharterServer", logging, nioCore, nioEmbedded, nioHTTP1,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CharterStoreTests", dependencies: ["CharterEngine", "CharterStore", grdb],
            swiftSettings: strict),
        .testTarget(name: "AcceptanceTests", swiftSettings: strict),
        .testTarget(name: "HouseTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
