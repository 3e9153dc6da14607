import CharterDocuments
import CharterEngine
import Foundation
import Testing

@Suite("What is doubtful in charters and layers")
struct DoubtTests {
    static let charter = """
        ---
        charter: example
        claims: {age: int, member: bool}
        assume: {member: false}
        ---
        ## Weapons {#weapons authority=root default=off}
        ## Profanity {#profanity authority=user default=off}
        ## Erotica {#erotica authority=operator default=off delegable=user}
        ## Gore {#gore authority=platform default=off}
        ## Told it is an AI {#disclosed authority=user default=on}

        ```charter
        cautious: on
        bounds: {platform: on, operator: on}
        ```

        ## Volume {#volume authority=operator}

        ```charter
        dial: [mute, low, high, loud]
        default: low
        bounds: {operator: high}
        delegable: {operator: loud, user: low}
        ```
        """

    /// What is doubted: the id, and the text that is underlined.
    struct Doubt: Hashable, CustomStringConvertible {
        var id: String
        var text: String

        init(_ id: String, _ text: String) {
            self.id = id
            self.text = text
        }

        init(_ diagnostic: Diagnostic) {
            id = diagnostic.id
            let start = diagnostic.position.column - diagnostic.lineStart
            let bytes = Array((diagnostic.line ?? "").utf8).dropFirst(start).prefix(
                diagnostic.length)
            text = String(decoding: bytes, as: UTF8.self)
        }

        var description: String { "\(id) at \(text)" }
    }

    static func charterDocument() throws -> CharterDocument {
        let reading = CharterDocument.read(SourceText(file: "charter.md", text: charter))
        return try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
    }

    static func doubts(
        platform: String? = "", operators: [String] = []
    ) throws -> [Diagnostic] {
        let reading = PolicyDocuments.read(
            try charterDocument(),
            platform: platform.map { SourceText(file: "platform.yaml", text: $0) },
            operators: operators.enumerated().map {
                SourceText(file: "operator\($0.offset).yaml", text: $0.element)
            })
        let doubts = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
            .doubts
        for doubt in doubts {
            #expect(doubt.reason != nil && doubt.help != nil)
            #expect(doubt.severity == (doubt.id.hasSuffix("always-refused") ? .warning : .note))
        }
        return doubts
    }

    static let refused: [(adjust: String, text: String, reason: String)] = [
        ("{weapons: on}", "on", "the behavior is hardcoded: nobody adjusts it"),
        (
            "{weapons: {set: off, when: claims.member}}", "off",
            "the behavior is hardcoded: nobody adjusts it"
        ),
        ("{gore: on}", "on", "authority is `platform`: the operator has no say"),
        (
            "{disclosed: {deny: off}}", "off",
            "the behavior is protected: by itself the operator goes up to `on`, and somebody below goes further"
        ),
        ("{disclosed: off}", "off", "the operator may put at most `on` in force"),
        ("{volume: loud}", "loud", "the operator may put at most `high` in force"),
        ("{volume: {allow: high}}", "high", "the next level may have at most `low`"),
        ("{volume: {allow: loud}}", "loud", "the operator may put at most `high` in force"),
    ].map { (adjust: $0.0, text: $0.1, reason: $0.2) }

    @Test("A step that is always refused is warned of", arguments: refused.indices)
    func alwaysRefused(place: Int) throws {
        let (adjust, text, reason) = Self.refused[place]
        let doubts = try Self.doubts(operators: ["layer: operator\nadjust: \(adjust)\n"])
            .filter { $0.severity == .warning }
        #expect(doubts.map { Doubt($0) } == [Doubt("layer.always-refused", text)])
        #expect(doubts.first?.reason == reason)
    }

    @Test(
        "A step that somebody can have accepted is not warned of",
        arguments: [
            ("", "adjust: {profanity: on, erotica: {allow: on}, volume: high}"),
            ("adjust: {volume: {allow: loud}}", "adjust: {volume: loud}"),
            ("adjust: {volume: {allow: loud, when: claims.member}}", "adjust: {volume: loud}"),
            ("adjust: {volume: {forbid: high, when: claims.member}}", "adjust: {volume: high}"),
            ("adjust: {volume: loud}", "adjust: {volume: high}"),
            (nil, "adjust: {volume: loud}"),
        ])
    func accepted(platform: String?, layer: String) throws {
        let doubts = try Self.doubts(platform: platform, operators: [layer])
        #expect(doubts.filter { $0.severity == .warning }.isEmpty)
    }

    @Test("What a layer above has unconditionally taken is warned of below")
    func takenAbove() throws {
        let doubts = try Self.doubts(
            platform: "adjust: {profanity: {deny: on}}",
            operators: [
                "name: a\nadjust: {volume: {forbid: high}}",
                "under: a\nadjust: {profanity: on, volume: high}",
            ])
        #expect(
            doubts.filter { $0.severity == .warning }.map { "\($0.file) \(Doubt($0))" } == [
                "operator1.yaml layer.always-refused at on",
                "operator1.yaml layer.always-refused at high",
            ])
    }

    @Test(
        "What may surprise in a layer is noted",
        arguments: [
            (
                "adjust: {erotica: {deny: on, when: claims.age < 18}}\nroles: {staff: {adjust: {erotica: {allow: on}}}}",
                Doubt("layer.deny-undone", "on")
            ),
            (
                "adjust: {erotica: {deny: on, when: claims.age < 18}}\nroles: {staff: {administrator: true}}",
                Doubt("layer.deny-undone", "on")
            ),
            (
                "adjust: {profanity: {set: on, when: claims.age >= 18}}",
                Doubt("layer.decided-by-silence", "claims.age >= 18")
            ),
            (
                "adjust: {profanity: {forbid: on, when: '!claims.member'}}",
                Doubt("layer.assumed-guard", "'!claims.member'")
            ),
            ("adjust: {profanity: {set: on, deny: on}}", Doubt("layer.set-above-deny", "on")),
            (
                "adjust: {volume: [{forbid: low}, {set: high}]}",
                Doubt("layer.set-above-deny", "high")
            ),
            (
                "adjust: {profanity: {set: on, from: 2027-02-01, until: 2027-01-01}}",
                Doubt("layer.empty-term", "2027-01-01")
            ),
            ("claims: {tenure: int}", Doubt("layer.unused-claim", "tenure")),
        ])
    func notes(layer: String, doubt: Doubt) throws {
        let doubts = try Self.doubts(operators: [layer])
        #expect(doubts.map { Doubt($0) }.contains(doubt))
        #expect(doubts.allSatisfy { $0.severity == .note })
        #expect(Set(doubts.map(\.id)).subtracting([doubt.id, "layer.decided-by-silence"]).isEmpty)
    }

    @Test("What a layer presumes is told where it guards a restriction of its template")
    func presumedForTemplate() throws {
        let template = SourceText(
            file: "base.yaml",
            text: """
                layer: operator
                name: base
                adjust: {profanity: {forbid: on, when: claims.age < 18}}
                """)
        let layer = SourceText(
            file: "own.yaml",
            text: """
                layer: operator
                name: own
                extends: [base]
                assume: {age: 18}
                """)
        let documents = try #require(
            PolicyDocuments.read(
                Self.charterDocument(), operators: [layer], templates: { _ in template }
            ).value)
        let told = documents.doubts.filter { $0.file == "own.yaml" }
        #expect(told.map { Doubt($0) } == [Doubt("layer.assumed-guard", "age")])
        #expect(told.first?.reason?.contains("base.yaml:3") == true)
    }

    @Test("Silence that `believe` brings about is laid to it, and else to the behavior")
    func silenceByBelief() throws {
        for (believe, who) in [("believe: {age: verified}", "`believe`"), ("", nil)] {
            let layer = "\(believe)\nadjust: {profanity: {set: on, when: claims.age >= 18}}"
            let told = try Self.doubts(operators: [layer]).first
            #expect(told?.id == "layer.decided-by-silence")
            #expect(
                told?.help?.contains(who ?? "`assume: {age: …}`") == true, "\(told?.help ?? "")")
        }
    }

    @Test("A plain layer is quiet")
    func quiet() throws {
        let layer = """
            adjust:
              profanity: on
              volume: [{set: mute}, {deny: high}]
              erotica: {deny: on}
            roles: {staff: {adjust: {erotica: {allow: on}}}}
            """
        #expect(try Self.doubts(operators: [layer]).isEmpty)
    }

    @Test(
        "A user's step is warned of where no operator can open it, and where the charter lacks it")
    func userLayer() throws {
        let charter = try Self.charterDocument().charter
        let source = SourceText(
            file: "user.yaml",
            text:
                "adjust: {weapons: on, erotica: on, disclosed: off, volume: high, voice: low, profanity: loud}"
        )
        let layer = try #require(
            LayerDocument.read(source, in: .init(charter: charter, level: .user)).value)
        #expect(
            layer.doubts(in: charter).map { Doubt($0).text } == ["on", "low", "loud"])
    }

    @Test("What may surprise in a charter is noted, or warned of")
    func charterDoubts() throws {
        let text = """
            ---
            charter: example
            claims: {age: int, unused: bool, sure: bool}
            assume: {sure: true}
            ---
            ## Rule {#rule authority=user default=off}

            See [this](#nowhere) and [that](#rule).

            ~~~xml
            <user>
            Hi
            ~~~

            ```charter
            adjust:
              - {forbid: on}
              - {set: on}
              - {forbid: on, when: claims.age < 18}
              - {forbid: on, when: claims.sure}
              - {set: off, from: 2027-01-01, until: 2026-01-01}
            ```

            > ## Hidden {#hidden authority=root}

            ##Lost {#lost authority=root}
            """
        let reading = CharterDocument.read(SourceText(file: "charter.md", text: text))
        let doubts = try #require(reading.value).doubts
        #expect(
            doubts.map { Doubt($0) } == [
                Doubt("charter.unused-claim", "unused"),
                Doubt("charter.no-example", "## Rule {#rule authority=user default=off}"),
                Doubt("charter.dead-link", "#nowhere"),
                Doubt("charter.bad-example", "<user>"),
                Doubt("charter.set-above-forbid", "on"),
                Doubt("charter.decided-by-silence", "claims.age < 18"),
                Doubt("charter.assumed-guard", "claims.sure"),
                Doubt("charter.empty-term", "2026-01-01"),
                Doubt("charter.not-read", "## Hidden {#hidden authority=root}"),
                Doubt("charter.not-read", "##Lost {#lost authority=root}"),
            ])
        #expect(doubts.allSatisfy { $0.severity == .note })
        #expect(doubts.allSatisfy { $0.reason != nil && $0.help != nil })
    }

    @Test(
        "The standard charter and its operators are not warned of",
        arguments: [["hospital_group", "clinic"], ["community"], ["coding_agent"]])
    func standard(chain: [String]) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Charters")
        func source(_ file: String) throws -> SourceText {
            let data = try Data(contentsOf: folder.appending(path: file))
            return SourceText(file: file, bytes: Array(data))
        }
        let charter = try #require(CharterDocument.read(try source("standard.md")).value)
        let operators = try chain.map { try source("operators/\($0).yaml") }
        let reading = PolicyDocuments.read(charter, operators: operators)
        let documents = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        let doubts = charter.doubts + documents.doubts
        #expect(doubts.allSatisfy { $0.severity == .note })
        #expect(!doubts.contains { ["charter.dead-link", "charter.bad-example"].contains($0.id) })
    }
}
