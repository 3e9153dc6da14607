import ArgumentParser
import CharterAnalysis
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs policy tests (`.test.yaml`) and vectors of the semantics (`.jsonl`).",
        discussion: "A test that fails makes the exit code 1.")

    @Argument(help: ArgumentHelp("The files.", valueName: "file"))
    var files: [String]

    @Flag(
        help: "Tells, too, which adjustments of the layers no policy test needs; one is a finding.")
    var unneeded = false

    @Option(help: ArgumentHelp("Writes the results as JUnit XML, too.", valueName: "file"))
    var junit: String?

    @Option(help: "How to write it.")
    var format = OutputFormat.text

    func run() throws {
        var suites: [TestSuite] = []
        for file in files {
            suites.append(try TestSuite.run(file, needs: unneeded))
        }
        if let junit {
            guard
                FileManager.default.createFile(
                    atPath: junit, contents: Data(TestSuite.junit(suites).utf8))
            else {
                Output.error("charter: \(junit): the file cannot be written")
                throw ExitCode.environment
            }
        }
        print(format == .json ? TestSuite.json(suites) : TestSuite.text(suites))
        let hasFindings = suites.contains { suite in
            !suite.failures.isEmpty || !(suite.needs?.unneeded.isEmpty ?? true)
        }
        if hasFindings { throw ExitCode.findings }
    }
}

/// The results of one file of tests.
struct TestSuite {
    struct Result {
        var name: String
        var difference: Vector.Difference?
    }

    var file: String
    var results: [Result] = []
    /// Where it was asked for, and all tests pass.
    var needs: PolicyTestNeeds?
    var asksForNeeds = false

    var failures: [Result] { results.filter { $0.difference != nil } }

    /// Runs a file; what it is, its name says.
    static func run(_ file: String, needs: Bool) throws -> TestSuite {
        if file.hasSuffix(".jsonl") { return try vectors(file) }
        guard file.hasSuffix(".test.yaml") else {
            throw UsageError("\(file): tests are `.test.yaml`, vectors `.jsonl`")
        }
        return try policyTests(file, needs: needs)
    }

    private static func vectors(_ file: String) throws -> TestSuite {
        var suite = TestSuite(file: file)
        for (place, line) in try PolicyFiles.lines(of: file) {
            guard let json = try? JSONDocument(Array(line)).root, let vector = Vector(json) else {
                throw FileError(path: place, message: "this line is no vector")
            }
            suite.results.append(Result(name: vector.name, difference: vector.difference()))
        }
        return suite
    }

    private static func policyTests(_ file: String, needs: Bool) throws -> TestSuite {
        let source = try PolicyFiles.source(file)
        let reading = PolicyTestDocument.read(source)
        guard let document = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
        let (documents, user) = try TestSuite.documents(of: document, beside: file)
        let doubts = document.doubts(source, in: documents)
        guard !doubts.contains(where: { $0.severity == .error }) else {
            throw PolicyOptions.refuse(doubts)
        }
        Output.error(doubts)
        var suite = TestSuite(
            file: file,
            results: document.tests.map { test in
                Result(name: test.name, difference: test.difference(documents.policy, user: user))
            })
        if needs, suite.failures.isEmpty {
            suite.needs = try PolicyTestNeeds(documents, document.tests, user: user)
        }
        suite.asksForNeeds = needs
        return suite
    }

    /// What a document of tests names, read and compiled.
    static func documents(
        of document: PolicyTestDocument, beside file: String
    ) throws -> (PolicyDocuments, UserLayer?) {
        let folder = URL(filePath: file).deletingLastPathComponent()
        func path(_ name: String) -> String { folder.appending(path: name).relativePath }
        let files = PolicyFiles(charterPath: document.charter.map(path))
        let nearest = path(document.operators.last ?? document.platform ?? ".")
        let policy = PolicyDocuments.read(
            try files.readCharter(),
            platform: try document.platform.map { try PolicyFiles.source(path($0)) },
            operators: try document.operators.map { try PolicyFiles.source(path($0)) },
            templates: { files.find($0, beside: nearest) })
        guard let documents = policy.value else { throw PolicyOptions.refuse(policy.diagnostics) }
        var user: UserLayer?
        if let name = document.user {
            let layer = try files.readUser(path(name), documents.policy.charter)
            guard let value = layer.value else { throw PolicyOptions.refuse(layer.diagnostics) }
            user = value.user
        }
        return (documents, user)
    }

    static func text(_ suites: [TestSuite]) -> String {
        var lines: [String] = []
        for suite in suites {
            let failed = suite.failures.count
            lines.append(
                "\(suite.file): \(suite.results.count - failed) passed"
                    + (failed == 0 ? "" : ", \(failed) failed"))
            if let needs = suite.needs {
                let needed = needs.count - needs.unneeded.count
                lines.append("  \(needed) of \(needs.count) adjustments are needed by a test")
                for part in needs.unneeded {
                    lines.append(
                        "  ✘ \(part.file):\(part.position.line): no test needs "
                            + "`\(part.operation)` of \(part.behavior)")
                }
            }
            if suite.asksForNeeds, suite.needs == nil {
                lines.append("  which adjustments are needed is told when every test passes")
            }
            for failure in suite.failures {
                lines.append("  ✘ \(failure.name)")
                if let difference = failure.difference {
                    lines.append("      at       \(difference.path)")
                    lines.append("      expected \(difference.expected)")
                    lines.append("      got      \(difference.actual)")
                }
            }
        }
        return Output.visible(lines)
    }

    static func json(_ suites: [TestSuite]) -> String {
        var writer = JSONWriter()
        writer.list { writer in
            for suite in suites {
                writer.object { writer in
                    writer.member("file", suite.file)
                    writer.member("tests", suite.results.count)
                    if let needs = suite.needs {
                        writer.member("adjustments", needs.count)
                        writer.list("unneeded") { writer in
                            for part in needs.unneeded {
                                writer.object { writer in
                                    writer.member("behavior", part.behavior.text.string)
                                    writer.member("operation", part.operation)
                                    writer.member("file", part.file)
                                    writer.member("line", part.position.line)
                                }
                            }
                        }
                    }
                    writer.list("failures") { writer in
                        for failure in suite.failures {
                            writer.object { writer in
                                writer.member("name", failure.name)
                                writer.member("path", failure.difference?.path)
                                writer.member("expected", failure.difference?.expected)
                                writer.member("actual", failure.difference?.actual)
                            }
                        }
                    }
                }
            }
        }
        return writer.text
    }

    static func junit(_ suites: [TestSuite]) -> String {
        func escaped(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
                ">", with: "&gt;"
            )
            .replacing("\"", with: "&quot;")
        }
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
        for suite in suites {
            lines.append(
                "  <testsuite name=\"\(escaped(suite.file))\" tests=\"\(suite.results.count)\" "
                    + "failures=\"\(suite.failures.count)\">")
            for result in suite.results {
                let name = "    <testcase name=\"\(escaped(result.name))\""
                guard let difference = result.difference else {
                    lines.append(name + "/>")
                    continue
                }
                lines.append(
                    name + "><failure message=\"at \(escaped(difference.path))\">expected "
                        + "\(escaped(difference.expected)), got \(escaped(difference.actual))</failure></testcase>"
                )
            }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }
}
