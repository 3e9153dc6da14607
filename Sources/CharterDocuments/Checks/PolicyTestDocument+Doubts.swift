internal import CharterEngine

extension PolicyTestDocument {
    /// What the tests name and the documents do not have: a behavior or a part of it that is expected is
    /// an error, since no decision has it; a role, a channel or a claim that is shown is a warning, since
    /// it does nothing. At the test that names it; O(size).
    public func doubts(_ source: SourceText, in documents: PolicyDocuments) -> [Diagnostic] {
        let names = Names(documents)
        return tests.flatMap { test in
            names.slips(in: test).map { slip in
                source.diagnostic(
                    slip.isExpected ? "test.unknown-behavior" : "test.unknown-name",
                    slip.isExpected ? .error : .warning,
                    at: source.offset(ofLine: test.position.line) + test.position.column - 1,
                    "`\(test.name)`: \(slip.message)",
                    reason: slip.isExpected
                        ? "no decision has it" : "what nobody knows changes nothing",
                    help: NearestName.help(for: slip.name, among: slip.known))
            }
        }
    }
}

/// What requests and expectations may name.
private struct Names {
    private let behaviors: [String]
    private let roles: [String]
    private let claims: [String]
    private let channels: [String]

    struct Slip {
        var name: String
        var known: [String]
        var message: String
        var isExpected: Bool
    }

    init(_ documents: PolicyDocuments) {
        behaviors = documents.policy.charter.behaviors.map(\.id.text.string)
        roles = documents.policy.roles.map(\.string)
        claims = documents.declaredClaims.keys.map(\.string)
        channels = documents.operators.last?.layer?.channels.map(\.name.string) ?? []
    }

    func slips(in test: PolicyTestDocument.Test) -> [Slip] {
        var slips: [Slip] = []
        func look(
            _ names: [String], _ known: [String], _ what: String, isExpected: Bool = false
        ) {
            for name in names where !known.contains(name) {
                slips.append(
                    Slip(
                        name: name, known: known, message: "there is no \(what) `\(name)`",
                        isExpected: isExpected))
            }
        }
        func keys(_ value: JSONValue?) -> [String] {
            value?.children.map { String(decoding: $0.key, as: UTF8.self) } ?? []
        }
        let expected = test.expected["behaviors"]
        look(keys(expected), behaviors, "behavior", isExpected: true)
        for behavior in expected?.children.map({ $0 }) ?? [] {
            look(keys(behavior), ["setting", "decided_by", "ceilings"], "part", isExpected: true)
        }
        guard test.expected["error"] == nil else { return slips }
        let user = test.request["user"]
        look(user?["roles"]?.children.compactMap(\.string) ?? [], roles, "role")
        look(keys(test.request["claims"]), claims, "claim")
        if !channels.isEmpty, !channels.contains("*") {
            look([test.request["channel"]?.string].compactMap { $0 }, channels, "channel")
        }
        return slips
    }
}
