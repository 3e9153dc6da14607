import CharterDetection
import CharterEngine
import CharterGateway
import Foundation
import Testing

@testable import CharterDocuments
@testable import CharterServer

/// Files that are gone, empty or wrong change nothing that is in force; the time is told, never read.
@Suite("How files stand")
struct PolicySourcesTests {
    private static let charter = """
        ---
        charter: small
        version: "1"
        ---

        # Small

        ## Codes {#codes authority=root default=off tier=safety}

        Never.

        ## Tips {#tips authority=operator default=off}

        Only where an operator says so.

        ## Swearing {#swearing authority=user default=off}

        Only for those who ask.
        """
    private static let patterns = "- {behavior: codes, in: both, literal: launch code}\n"

    /// A folder with a charter, two operators and settings, for as long as `body` runs.
    private func withFolder(_ body: (Folder) throws -> Void) throws {
        let folder = Folder()
        defer { try? FileManager.default.removeItem(at: folder.url) }
        try folder.write("small.md", Self.charter)
        try folder.write("small.patterns.yaml", Self.patterns)
        try folder.write("templates/base.yaml", "layer: operator\nadjust: {tips: on}\n")
        try folder.write("one.yaml", "layer: operator\nextends: [base]\n")
        try folder.write("two.yaml", "layer: operator\nadjust: {tips: on}\n")
        try folder.write("charter.yaml", Self.settings())
        try body(folder)
    }

    private static func settings(_ more: String = "") -> String {
        """
        upstream: {url: "http://127.0.0.1:1/v1"}
        charter: small.md
        max_age: 60
        operators:
          - {name: one, layer: one.yaml, key: k1}
          - {name: two, layer: two.yaml, key: k2}
        \(more)
        """
    }

    private struct Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")

        var origin: SettingsOrigin {
            SettingsOrigin(file: url.appending(path: "charter.yaml").path, environment: [:])
        }

        func write(_ name: String, _ text: String) throws {
            let file = url.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file, options: .atomic)
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(at: url.appending(path: name))
        }

        func gateway(at seconds: Int64 = 0) throws -> Gateway {
            let settings = try #require(origin.read().value)
            let reading = Gateway.read(settings, at: Instant(seconds: seconds))
            return try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        }
    }

    private func state(_ gateway: Gateway, _ name: String, _ file: String) -> PolicySource.State? {
        gateway.policies[name]?.sources.first { $0.name == file }?.state
    }

    private func setting(_ gateway: Gateway, _ name: String, _ behavior: BehaviorID) throws -> Text?
    {
        let policy = try #require(gateway.enforcement(ofOperator: name)).policy
        let index = try #require(policy.charter.index(of: behavior))
        let setting = try policy.decide(Request()).behaviors[index.number].setting
        return policy.charter[index].name(of: setting)
    }

    @Test("Every file is in force at first, with its digest; what may be absent is")
    func first() throws {
        try withFolder { folder in
            let gateway = try folder.gateway()
            let sources = try #require(gateway.policies["one"]).sources
            #expect(
                sources.map { "\($0.kind) \($0.name): \($0.state.rawValue)" } == [
                    "settings charter.yaml: in force", "charter small.md: in force",
                    "patterns small.patterns.yaml: in force", "replies small.replies.yaml: absent",
                    "phrases small.phrases.yaml: absent", "layer one.yaml: in force",
                    "template templates/base.yaml: in force",
                ])
            #expect(sources.allSatisfy { $0.isRight })
            #expect(sources.allSatisfy { ($0.digest == nil) == ($0.state == .absent) })
            #expect(gateway.generation == 1)
        }
    }

    @Test("Files are named as the settings know them, wherever the settings are read from")
    func names() {
        func names(_ paths: [String], _ folder: String) -> [String] {
            let found = paths.map { FoundSource(kind: .layer, path: $0, content: .empty) }
            return PolicySource.states(
                found, inForce: [], before: [], folder: folder, at: Instant(seconds: 0)
            ).map(\.name)
        }
        #expect(
            names(["./one.yaml", "two.yaml", "/a/b.yaml"], "") == [
                "one.yaml", "two.yaml", "/a/b.yaml",
            ])
        #expect(
            names(["/a/b.yaml", "/a/c/d.yaml", "/e.yaml"], "/a/") == [
                "b.yaml", "c/d.yaml", "/e.yaml",
            ])
    }

    @Test(
        "A file that is gone, empty or wrong keeps what was in force",
        arguments: [
            "small.md", "small.patterns.yaml", "one.yaml", "templates/base.yaml", "charter.yaml",
        ])
    func wrong(file: String) throws {
        try withFolder { folder in
            let first = try folder.gateway()
            let text = try String(
                contentsOf: folder.url.appending(path: file), encoding: .utf8)
            let changes: [(PolicySource.State, () throws -> Void)] = [
                (.empty, { try folder.write(file, "\n \n") }),
                (.stale, { try folder.write(file, "--- [\n") }),
                (.absent, { try folder.remove(file) }),
            ]
            var gateway = first
            for (number, (state, change)) in changes.enumerated() {
                try change()
                let rereading = gateway.reread(
                    folder.origin, at: Instant(seconds: Int64(number + 1)))
                gateway = rereading.gateway
                #expect(self.state(gateway, "one", file) == state)
                #expect(rereading.diagnostics.contains { $0.severity == .error })
                #expect(rereading.diagnostics.allSatisfy { $0.line == nil })
                #expect(gateway.generation == 1, "what is in force has not changed")
                #expect(try setting(gateway, "one", "tips") == "on")
                #expect(gateway.policies["one"]?.staleSince == Instant(seconds: 1))
                #expect(gateway.enforcement(ofOperator: "one")?.patterns.patterns.count == 1)
                let digest = gateway.policies["one"]?.sources.first { $0.name == file }?.digest
                #expect(
                    digest == first.policies["one"]?.sources.first { $0.name == file }?.digest,
                    "the digest is that of what is in force")
            }
            try folder.write(file, text)
            gateway = gateway.reread(folder.origin, at: Instant(seconds: 9)).gateway
            #expect(gateway.policies.values.allSatisfy { $0.sources.allSatisfy(\.isRight) })
            #expect(gateway.policies["one"]?.staleSince == nil && gateway.generation == 1)
        }
    }

    @Test("A layer that is right counts, though another's is wrong")
    func apart() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write("one.yaml", "layer: operator\nadjust: {none: on}\n")
            try folder.write("two.yaml", "layer: operator\n")
            let gateway = first.reread(folder.origin, at: Instant(seconds: 5)).gateway
            #expect(try setting(gateway, "one", "tips") == "on")
            #expect(try setting(gateway, "two", "tips") == "off")
            #expect(gateway.generation == 2)
            #expect(gateway.policies["two"]?.since == Instant(seconds: 5))
            #expect(gateway.policies["one"]?.since == Instant(seconds: 0))
        }
    }

    @Test("What did not change is the same object, so that what is kept with it stays")
    func identity() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write("two.yaml", "layer: operator\n")
            let gateway = first.reread(folder.origin, at: Instant(seconds: 5)).gateway
            let before = first.enforcement(ofOperator: "one")?.policy
            #expect(gateway.enforcement(ofOperator: "one")?.policy === before)
        }
    }

    @Test("Past `max_age` everything that is not hardcoded is at its most cautious, for everybody")
    func cautious() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write("one.yaml", "")
            let stale = first.reread(folder.origin, at: Instant(seconds: 100)).gateway
            #expect(stale.aged(at: Instant(seconds: 159)) == nil)
            let gateway = try #require(stale.aged(at: Instant(seconds: 160)))
            #expect(gateway.policies["one"]?.isCautious == true)
            #expect(gateway.policies["two"]?.isCautious == false)
            #expect(gateway.generation == 2)
            let policy = try #require(gateway.enforcement(ofOperator: "one")).policy
            let wishes = ["codes", "tips", "swearing"].map {
                Instruction(from: .principal(.platform), .set(BehaviorID(Text($0)), "on"))
            }
            let demands = ["codes", "tips", "swearing"].map {
                Demand(BehaviorID(Text($0)), isExplicit: true, from: .principal(.user))
            }
            let decision = try policy.decide(
                Request(channel: "any", instructions: wishes, demands: demands))
            #expect(decision.behaviors.allSatisfy { $0.setting == .cautious })
            #expect(decision.verdict.unmet.count == 3 && decision.verdict.byAsking.isEmpty)
            // Still wrong, in another way: it stays so.
            try folder.write("one.yaml", "adjust: [")
            let still = gateway.reread(folder.origin, at: Instant(seconds: 170)).gateway
            #expect(still.policies["one"]?.isCautious == true && still.generation == 2)
            try folder.write("one.yaml", "layer: operator\nextends: [base]\n")
            let mended = still.reread(folder.origin, at: Instant(seconds: 180)).gateway
            #expect(mended.policies["one"]?.isCautious == false)
            #expect(try setting(mended, "one", "tips") == "on")
        }
    }

    @Test("Past `max_age` AuthZEN's questions get the most cautious answers, too")
    func cautiousAccess() throws {
        try withFolder { folder in
            try folder.write(
                "two.access.yaml", "actions:\n  - {action: tip, resource: desk, behavior: tips}\n")
            try folder.write(
                "charter.yaml",
                Self.settings().replacingOccurrences(
                    of: "key: k2", with: "key: k2, access: two.access.yaml"))
            let first = try folder.gateway()
            let question = """
                {"subject": {"type": "user", "id": "u"}, "action": {"name": "tip"},
                 "resource": {"type": "desk", "id": "d"}}
                """
            func answer(_ gateway: Gateway) throws -> String {
                let point = try #require(
                    try gateway.accessPoint(authorization: "Bearer k2", at: 0))
                return String(
                    decoding: try point.evaluation(Array(question.utf8), at: Instant(seconds: 0)),
                    as: UTF8.self)
            }
            #expect(try answer(first) == #"{"decision":true}"#)
            try folder.write("two.access.yaml", "")
            let stale = first.reread(folder.origin, at: Instant(seconds: 0)).gateway
            #expect(try answer(stale) == #"{"decision":true}"#)
            let old = try #require(stale.aged(at: Instant(seconds: 60)))
            #expect(try answer(old) == #"{"decision":false}"#)
        }
    }

    @Test("A gateway is ready between its start and its end, while people's own word decides")
    func readiness() throws {
        try withFolder { folder in
            func says(_ gateway: Gateway, _ phase: ServerPhase.Phase) -> String {
                let (isReady, json) = gateway.readiness(phase)
                return "\(isReady) " + String(decoding: json, as: UTF8.self)
            }
            let first = try folder.gateway()
            #expect(says(first, .starting).hasPrefix(#"false {"status":"starting""#))
            #expect(
                says(first, .ready) == #"true {"status":"ready","generation":1,"not_in_force":[]}"#)
            #expect(says(first, .draining).hasPrefix(#"false {"status":"draining""#))
            try folder.write("one.yaml", "")
            let stale = first.reread(folder.origin, at: Instant(seconds: 100)).gateway
            let file = #"[{"file":"one.yaml","state":"empty","since":"1970-01-01T00:01:40Z"}]}"#
            #expect(
                says(stale, .ready)
                    == #"true {"status":"ready","generation":1,"not_in_force":"# + file)
            let old = try #require(stale.aged(at: Instant(seconds: 160)))
            #expect(
                says(old, .ready)
                    == #"false {"status":"cautious","generation":2,"not_in_force":"# + file)
        }
    }

    @Test("Operators come and go with the settings; one that is new and wrong has nothing in force")
    func operators() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write(
                "charter.yaml", Self.settings("  - {name: new, layer: new.yaml, key: k3}"))
            let gateway = first.reread(folder.origin, at: Instant(seconds: 1)).gateway
            #expect(gateway.policies["new"]?.inForce == nil)
            #expect(state(gateway, "new", "new.yaml") == .absent)
            #expect(throws: (any Error).self) {
                try gateway.identity(authorization: "Bearer k3", at: 1)
            }
            try folder.write(
                "charter.yaml",
                Self.settings().replacingOccurrences(
                    of: "  - {name: two, layer: two.yaml, key: k2}", with: ""))
            let less = gateway.reread(folder.origin, at: Instant(seconds: 2)).gateway
            #expect(less.policies.keys.sorted() == ["one"])
            #expect(throws: (any Error).self) {
                try less.identity(authorization: "Bearer k2", at: 2)
            }
        }
    }

    @Test("Settings that lose their operators do not let anybody in")
    func lost() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write(
                "charter.yaml", "upstream: {url: 'http://127.0.0.1:1/v1'}\ncharter: small.md\n")
            let rereading = first.reread(folder.origin, at: Instant(seconds: 1))
            #expect(rereading.gateway.hasOperators)
            #expect(state(rereading.gateway, "one", "charter.yaml") == .stale)
            #expect(rereading.diagnostics.contains { $0.message.contains("operators are gone") })
        }
    }

    @Test("What cannot change while a gateway runs is named, and stays")
    func pinned() throws {
        try withFolder { folder in
            let first = try folder.gateway()
            try folder.write("charter.yaml", Self.settings("decisions: 5\nlisten: 127.0.0.1:1\n"))
            let rereading = first.reread(folder.origin, at: Instant(seconds: 1))
            #expect(rereading.unchangeable == ["listen", "decisions"])
            #expect(rereading.gateway.settings.decisions == 1_000)
            #expect(rereading.gateway.settings.port == 8_080)
        }
    }

    @Test("A watch tells what says something else, and not what was only touched")
    func watch() throws {
        try withFolder { folder in
            let gateway = try folder.gateway()
            var watch = FileWatch(gateway.contents)
            let look1 = watch.hasChanged()
            #expect(!look1)
            let text = try String(
                contentsOf: folder.url.appending(path: "one.yaml"), encoding: .utf8)
            try folder.write("one.yaml", text)
            let look2 = watch.hasChanged()
            #expect(!look2, "the same text in another file")
            try folder.write("small.replies.yaml", "codes: {refusal: No.}\n")
            let look3 = watch.hasChanged()
            #expect(look3, "one that was not there")
            try folder.remove("small.replies.yaml")
            let look4 = watch.hasChanged()
            #expect(!look4)
            try folder.write("templates/base.yaml", "layer: operator\n")
            let hasChanged = watch.hasChanged()
            #expect(hasChanged && watch.isStill)
        }
    }

    @Test("What was changed while it was being read is found by the first look")
    func race() throws {
        try withFolder { folder in
            let gateway = try folder.gateway()
            try folder.write("two.yaml", "layer: operator\n")
            var watch = FileWatch(gateway.contents)
            let look5 = watch.hasChanged()
            #expect(look5)
        }
    }

    @Test(
        "The environment is over the file, flags are over both, and every mistake is told at once")
    func origin() throws {
        try withFolder { folder in
            let file = folder.url.appending(path: "charter.yaml").path
            let settings = try #require(
                SettingsOrigin(
                    file: file,
                    environment: [
                        "CHARTER_MAX_AGE": "7", "CHARTER_LISTEN": "127.0.0.1:1",
                        "CHARTER_UPSTREAM_TIMEOUT": "9",
                    ], listen: "127.0.0.1:2"
                ).read().value)
            #expect(settings.maxAgeSeconds == 7 && settings.port == 2)
            #expect(settings.upstreams[0].timeoutSeconds == 9)
            let reading = SettingsOrigin(
                file: nil,
                environment: [
                    "CHARTER_LISTEN": "everywhere", "CHARTER_DRAIN": "-1",
                    "CHARTER_UPSTREAM_URL": "ftp://x", "CHARTER_LISTENS": "x", "OTHER": "x",
                ]
            ).read()
            #expect(reading.value == nil)
            #expect(
                reading.diagnostics.map { "\($0.file) \($0.severity)" } == [
                    "CHARTER_DRAIN error", "CHARTER_LISTEN error", "CHARTER_LISTENS warning",
                    "CHARTER_UPSTREAM_URL error",
                ])
            #expect(reading.diagnostics.allSatisfy { $0.line == nil })
            let nothing = SettingsOrigin(file: nil, environment: [:]).read()
            #expect(nothing.value == nil && nothing.diagnostics.count == 1)
        }
    }
}
