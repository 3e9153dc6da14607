internal import CharterEngine

/// A case of the semantics: documents, a request, and what must come of them (SEMANTICS §8).
public struct Vector: Sendable {
    /// The vector's `case`.
    public let name: String
    private let json: JSONValue

    /// A vector of one JSON line; nil where it has no `case`.
    public init?(_ line: JSONValue) {
        guard let name = line["case"]?.string else { return nil }
        self.name = name
        json = line
    }

    /// Compiles, decides and compares; nil where all agrees, else the first path that differs.
    public func difference() -> Difference? {
        let actual = outcome()
        guard let expected = json["expected"], let document = try? JSONDocument(Array(actual.utf8))
        else {
            return Difference(path: "expected", expected: "a decision or an error", actual: actual)
        }
        return Difference.first(expected, document.root, at: "")
    }

    /// The decision as JSON, or `{"error": "ID"}`.
    public func outcome() -> String {
        func error(_ id: String) -> String { "{\"error\":\"\(id)\"}" }
        let reading = CharterDocument.read(source("charter.md", json["charter"]))
        guard let charter = reading.value else {
            return error(Vector.firstError(reading.diagnostics))
        }
        let layers = json["layers"]
        let templates = json["templates"]
        func find(_ name: String) -> SourceText? {
            templates?.children.first { $0.key.elementsEqual(name.utf8) }.map {
                source("\(name).yaml", $0)
            }
        }
        var operators: [SourceText] = []
        if let list = layers?["operator"] {
            operators = (list.kind == .list ? Array(list.children) : [list]).enumerated().map {
                source("operator\($0.offset).yaml", $0.element)
            }
        }
        let documents = PolicyDocuments.read(
            charter, platform: layers?["platform"].map { source("platform.yaml", $0) },
            operators: operators, templates: find)
        let user = layers?["user"].map {
            LayerDocument.read(
                source("user.yaml", $0),
                in: LayerDocument.Context(charter: charter.charter, level: .user), templates: find)
        }
        let problems = documents.diagnostics + (user?.diagnostics ?? [])
        guard let policy = documents.value?.policy, user == nil || user?.value != nil else {
            return error(Vector.firstError(problems))
        }
        do {
            let request = try json["request"].map { json in try Request(json) } ?? Request()
            let decision = try policy.decide(request, user: user?.value?.user)
            return DecisionWriter(charter.charter).json(decision)
        } catch let problem as RequestError {
            return error(problem.rawValue)
        } catch {
            return "{\"error\":\"\(RequestSyntaxError.id)\"}"
        }
    }

    private func source(_ file: String, _ value: JSONValue?) -> SourceText {
        SourceText(file: file, bytes: Array(value?.text ?? []))
    }

    private static func firstError(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.first { $0.severity == .error }?.id ?? "unknown"
    }

    /// The first place at which two JSON values are not the same.
    public struct Difference: Hashable, Sendable {
        /// Members behind dots, places of a list in brackets: `verdict.unmet[0]`; `.` is the whole.
        public var path: String
        /// What should stand there, as JSON or in words.
        public var expected: String
        /// What stands there, as JSON; `nothing` where a member is missing.
        public var actual: String

        /// Compares objects without regard to the order of keys, lists in order.
        ///
        /// - Parameter partial: whether `actual` may have more members than are expected.
        public static func first(
            _ expected: JSONValue, _ actual: JSONValue, at path: String, partial: Bool = false
        ) -> Difference? {
            func difference() -> Difference {
                Difference(
                    path: path.isEmpty ? "." : path,
                    expected: String(decoding: expected.raw, as: UTF8.self),
                    actual: String(decoding: actual.raw, as: UTF8.self))
            }
            guard expected.kind == actual.kind else { return difference() }
            switch expected.kind {
            case .object:
                let members = Array(actual.children)
                for member in expected.children {
                    let name = String(decoding: member.key, as: UTF8.self)
                    let inside = path.isEmpty ? name : "\(path).\(name)"
                    guard let other = members.first(where: { $0.key.elementsEqual(member.key) })
                    else {
                        return Difference(
                            path: inside, expected: String(decoding: member.raw, as: UTF8.self),
                            actual: "nothing")
                    }
                    if let found = first(member, other, at: inside, partial: partial) {
                        return found
                    }
                }
                return partial || members.count == Array(expected.children).count
                    ? nil : difference()
            case .list:
                let left = Array(expected.children)
                let right = Array(actual.children)
                for (place, pair) in zip(left, right).enumerated() {
                    let inside = "\(path)[\(place)]"
                    if let found = first(pair.0, pair.1, at: inside, partial: partial) {
                        return found
                    }
                }
                return left.count == right.count ? nil : difference()
            case .string: return expected.text == actual.text ? nil : difference()
            case .number, .boolean, .null: return expected.raw == actual.raw ? nil : difference()
            }
        }
    }
}
