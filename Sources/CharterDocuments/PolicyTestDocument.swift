public import CharterEngine

/// Tests of a policy: documents, requests, and any part of the decision that must come of each
/// (`*.test.yaml`, docs/layers.md).
public struct PolicyTestDocument: Sendable {
    /// The charter's file, as written; nil: the caller's.
    public let charter: String?
    /// The files of the layers, as written; operators outermost first.
    public let platform: String?
    /// Outermost first; empty where there are none.
    public let operators: [String]
    /// The file of the user's layer, as written; nil where there is none.
    public let user: String?
    /// In document order.
    public let tests: [Test]

    /// One request, and what must come of it.
    public struct Test: Sendable {
        /// What it tells where it fails.
        public let name: String
        /// Where it stands in its document.
        public let position: SourcePosition
        /// A request of SEMANTICS §8.
        public let request: JSONValue
        /// A part of a decision of SEMANTICS §8, or `{"error": "ID"}`.
        public let expected: JSONValue
    }

    /// Reads a document of tests; O(size).
    public static func read(_ source: SourceText) -> Reading<PolicyTestDocument> {
        if let bound = source.bounds(area: "test") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var findings = Findings(source)
        let root = YAMLReader.read(source.bytes, area: "test", &findings)
        let document = root.flatMap { PolicyTestDocument($0, &findings) }
        if document == nil, !findings.hasErrors {
            findings.add(
                "test.syntax", at: 0..<1, "a document of tests is a map",
                help: "write `charter`, `layers` and `tests`")
        }
        return Reading(value: document, diagnostics: findings.diagnostics)
    }

    private init?(_ root: YAMLNode, _ findings: inout Findings) {
        guard case .mapping(let pairs) = root.content else { return nil }
        PolicyTestDocument.check(pairs, ["charter", "layers", "tests"], &findings)
        charter = root.entry("charter")?.value.scalar
        let layers = root.entry("layers")?.value
        if case .mapping(let pairs)? = layers?.content {
            PolicyTestDocument.check(pairs, ["platform", "operator", "user"], &findings)
        }
        platform = layers?.entry("platform")?.value.scalar
        user = layers?.entry("user")?.value.scalar
        switch layers?.entry("operator")?.value.content {
        case .scalar(let file)?: operators = [file]
        case .sequence(let files)?: operators = files.compactMap(\.scalar)
        case .mapping?, nil: operators = []
        }
        guard case .sequence(let nodes)? = root.entry("tests")?.value.content else {
            findings.add(
                "test.syntax", at: root.range, "`tests` is missing, or no list",
                help: "write `tests: [{name: …, request: {…}, expect: {…}}]`")
            return nil
        }
        var tests: [Test] = []
        for node in nodes {
            guard case .mapping(let pairs) = node.content,
                let name = node.entry("name")?.value.scalar,
                let expect = node.entry("expect")?.value,
                let expected = PolicyTestDocument.json(expect)
            else {
                findings.add(
                    "test.syntax", at: node.range, "a test has `name`, `request` and `expect`",
                    help: "write `{name: …, request: {…}, expect: {…}}`")
                continue
            }
            PolicyTestDocument.check(pairs, ["name", "request", "expect"], &findings)
            let request = node.entry("request").flatMap { PolicyTestDocument.json($0.value) }
            guard let request = request ?? (try? JSONDocument(Array("{}".utf8)))?.root else {
                continue
            }
            do {
                _ = try Request(request)
            } catch {
                if expected["error"] == nil, let asked = node.entry("request")?.value {
                    let place = error.path == "." ? "" : "`\(error.path)`: "
                    findings.add(
                        "test.bad-request", at: asked.range, "\(place)\(error.message)",
                        reason: "requests have the shapes of docs/semantics.md §8",
                        help: "write it so, or expect `{error: request.syntax}`")
                    continue
                }
            }
            tests.append(
                Test(
                    name: name, position: findings.source.position(of: node.range.lowerBound),
                    request: request, expected: expected))
        }
        if nodes.isEmpty {
            findings.add(
                "test.no-tests", .warning, at: root.range, "there are no tests",
                help: "write `tests: [{name: …, request: {…}, expect: {…}}]`")
        }
        self.tests = tests
    }

    private static func json(_ node: YAMLNode) -> JSONValue? {
        var writer = JSONWriter()
        node.write(to: &writer)
        return (try? JSONDocument(writer.bytes))?.root
    }

    private static func check(
        _ pairs: [(key: YAMLNode, value: YAMLNode)], _ keys: [String], _ findings: inout Findings
    ) {
        for (key, _) in pairs where !keys.contains(key.scalar ?? "") {
            findings.add(
                "test.unknown-key", at: key.range, "there is no `\(key.scalar ?? "")` here",
                help: NearestName.help(for: key.scalar ?? "", among: keys)
                    ?? "it may have " + keys.map { "`\($0)`" }.joined(separator: ", "))
        }
    }
}

extension PolicyTestDocument.Test {
    /// Decides the request and compares; nil where the expected part agrees.
    public func difference(_ policy: Policy, user: UserLayer?) -> Vector.Difference? {
        var actual: String
        do {
            let decision = try policy.decide(try Request(request), user: user)
            actual = DecisionWriter(policy.charter).json(decision)
        } catch let problem as RequestError {
            actual = "{\"error\":\"\(problem.rawValue)\"}"
        } catch {
            actual = "{\"error\":\"\(RequestSyntaxError.id)\"}"
            if expected["error"] == nil, let error = error as? RequestSyntaxError {
                let place = error.path == "." ? "" : ".\(error.path)"
                return Vector.Difference(
                    path: "request\(place)", expected: "a request", actual: error.message)
            }
        }
        guard let document = try? JSONDocument(Array(actual.utf8)) else {
            return Vector.Difference(path: ".", expected: "a decision", actual: actual)
        }
        return Vector.Difference.first(expected, document.root, at: "", partial: true)
    }
}
