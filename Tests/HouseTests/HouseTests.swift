import Foundation
import Testing

/// The rules of the house that a compiler does not know: ARCHITECTURE.md says why they are.
@Suite("The house")
struct HouseTests {
    /// The parts of Sources/, each with those of our modules that it may import: arrows point down only.
    static let arrows: [String: Set<String>] = [
        "CharterEngine": [],
        "CharterDocuments": ["CharterEngine", "CMarkGFM", "CSimdjson", "CUTF8Proc", "CYAML"],
        "CharterAnalysis": ["CharterEngine", "CharterDocuments", "CharterDetection"],
        "CharterDetection": ["CharterEngine", "CharterDocuments", "CVectorscan", "CUTF8Proc"],
        "CharterGateway": [
            "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection", "CSimdjson",
        ],
        "CharterServer": [
            "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
            "CharterGateway", "CharterStore",
        ],
        "CharterStore": ["CharterEngine"],
        "CharterCommand": [
            "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
            "CharterGateway", "CharterServer", "CharterStore",
        ],
    ]

    /// Parts that are values and functions alone: no I/O, so no Foundation.
    static let pure = [
        "CharterEngine", "CharterDocuments", "CharterAnalysis", "CharterDetection",
        "CharterGateway",
    ]

    /// Libraries that open sockets; only what puts the parts together may know them.
    static let network = ["AsyncHTTPClient", "Hummingbird", "NIO", "ServiceLifecycle"]

    @Test("has no part that the arrows do not know")
    func parts() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: SourceFile.sources.path)
        #expect(Set(found).subtracting(["System"]) == Set(Self.arrows.keys))
    }

    @Test("imports along the arrows alone", arguments: arrows.keys.sorted())
    func imports(part: String) throws {
        let ours = Set(Self.arrows.keys).union(Self.arrows.values.joined())
        for file in try SourceFile.all(of: part) {
            for (module, line) in file.imports {
                let place = "\(file.name):\(line)"
                #expect(
                    !ours.contains(module) || Self.arrows[part]?.contains(module) == true,
                    "\(place): \(part) may not know \(module)"
                )
                #expect(
                    !(Self.pure.contains(part) && module.hasPrefix("Foundation")),
                    "\(place): \(part) does no I/O, and needs no \(module)"
                )
                #expect(
                    part == "CharterServer" || !Self.network.contains { module.hasPrefix($0) },
                    "\(place): only CharterServer may know \(module)"
                )
                #expect(
                    part != "CharterEngine" || module == "Synchronization",
                    "\(place): the engine depends on nothing"
                )
            }
        }
    }

    @Test(
        "begins each part with a file of its name that says what flows in and out",
        arguments: arrows.keys
    )
    func introductions(part: String) throws {
        let first = try #require(
            try SourceFile.all(of: part).first { $0.name == "Sources/\(part)/\(part).swift" }
        )
        let comment = first.lines.prefix { $0.hasPrefix("//") }
        #expect(
            (3...16).contains(comment.count),
            "\(first.name) begins with \(comment.count) lines"
        )
    }

    @Test("never crashes on purpose", arguments: arrows.keys.sorted())
    func crashes(part: String) throws {
        for file in try SourceFile.all(of: part) {
            let tokens = ["try!", "as!", "fatalError(", "preconditionFailure("]
            for (code, number) in file.code(with: tokens) {
                for token in tokens {
                    #expect(!code.contains(token), "\(file.name):\(number): \(token)")
                }
            }
        }
    }

    @Test("gives a reason wherever the compiler is told to trust", arguments: arrows.keys.sorted())
    func reasons(part: String) throws {
        for file in try SourceFile.all(of: part) {
            let tokens = ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast("]
            for (code, number) in file.code(with: tokens) {
                for token in tokens where code.contains(token) {
                    let around = file.lines[max(0, number - 4)..<number]
                    #expect(
                        around.contains { $0.contains("//") },
                        "\(file.name):\(number): \(token) without a reason beside it"
                    )
                }
            }
        }
    }
}
