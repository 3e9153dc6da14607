import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

/// What other detectors find counts as what patterns find, and a detector that fails never helps.
@Suite("Exchange with detectors")
struct DetectedExchangeTests {
    private let charter: Charter
    private let enforcement: Enforcement

    init() throws {
        let text = """
            # Shop

            ## Bombs {#bombs authority=root default=off tier=safety}

            No.

            ## Tales {#tales authority=operator default=off tier=guidelines otherwise=refuse}

            No.

            ## Jokes {#jokes authority=user default=on cautious=off tier=guidelines}

            Yes.

            ## Help line {#help_line authority=user default=on duty=true tier=safety}

            ```charter
            conflicts: [tales]
            ```

            Tell them.

            ## Prices {#prices authority=user default=off otherwise=refuse}

            Only where asked.
            """
        let document = try #require(
            CharterDocument.read(SourceText(file: "charter.md", text: text)).value)
        let source = SourceText(
            file: "charter.patterns.yaml", text: "- {behavior: tales, literal: once upon a time}")
        let patterns = try #require(
            PatternsDocument.read(source, for: document.charter).value?.compile().value)
        charter = document.charter
        enforcement = Enforcement(
            operatorName: "shop", policy: try Policy.compile(document.charter), charter: document,
            patterns: patterns, replies: Replies())
    }

    private struct Judge: Detector {
        let behaviors: Set<BehaviorID>
        var name: String { "judge" }
        var cost: DetectorCost { .model }
        var identity: [UInt8] { [] }

        func detect(
            _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
        ) async throws(DetectorFailure) -> [Detection] { throw .unreachable }
    }

    private func exchange(
        _ text: String, _ outcome: Result<[Detection], DetectorFailure>? = nil,
        _ behaviors: Set<BehaviorID> = ["bombs", "help_line", "prices"]
    ) throws -> Exchange {
        func exchange(_ findings: DetectorFindings) throws -> Exchange {
            try Exchange(
                Array(#"{"model":"m","messages":[{"role":"user","content":"\#(text)"}]}"#.utf8),
                Exchange.Arrival(id: "1", at: Instant(seconds: 0), caller: Caller()), enforcement,
                detected: findings)
        }
        let alone = try exchange(DetectorFindings())
        guard let outcome else { return alone }
        var run = DetectionRun([Judge(behaviors: behaviors)], charter, budget: .seconds(1))
        for step in run.next(open: alone.openBehaviors, after: .zero) {
            run.take(
                DetectorReport(
                    detector: "judge", behaviors: step.behaviors, outcome: outcome,
                    duration: .milliseconds(5)))
        }
        return try exchange(DetectorFindings(run, in: alone.texts, charter))
    }

    private func record(_ exchange: Exchange) -> String {
        String(decoding: exchange.record.json(), as: UTF8.self)
    }

    @Test("Open is what could still change the verdict")
    func open() throws {
        #expect(try exchange("Hi.").openBehaviors == ["bombs", "tales", "help_line", "prices"])
        #expect(
            try exchange("Tell me: once upon a time").openBehaviors == ["help_line"],
            "a refusal is a refusal, but something may be owed beside it")
    }

    @Test("What is found is demanded by whoever said it, and asking is as good as with patterns")
    func found() throws {
        let refused = try exchange("Hi.", .success([Detection("bombs", text: 0)]))
        #expect(refused.record.act == .refuse && record(refused).contains(#""from":"user""#))
        let asked = try exchange("Hi.", .success([Detection("prices", isAsked: true, text: 0)]))
        #expect(asked.record.act == .allow)
        let implied = try exchange("Hi.", .success([Detection("prices", text: 0)]))
        #expect(implied.record.act == .refuse)
        let owed = try exchange(
            "Hi.", .success([Detection("help_line", isTriggered: true, text: 0)]))
        #expect(owed.record.act == .allow && record(owed).contains(#""duties":["help_line"]"#))
        let nothing = try exchange("Hi.", .success([]))
        #expect(nothing.record.act == .allow && record(nothing).contains(#""failure":null"#))
    }

    @Test("A detector that fails closes what is in safety, and says so")
    func closed() throws {
        let failed = try exchange("Hi.", .failure(.late))
        #expect(failed.record.act == .refuse)
        #expect(
            record(failed).contains(
                #"{"behavior":"bombs","detector":"judge","failure":"late","closed":true}"#))
        guard case .reply(let reply) = failed.start else { return #expect(Bool(false)) }
        let said = String(decoding: reply.body, as: UTF8.self)
        #expect(said.contains(#""undetermined":["bombs","help_line"]"#))
        let open = try exchange("Hi.", .failure(.late), ["prices"])
        #expect(open.record.act == .allow && record(open).contains(#""closed":false"#))
    }

    @Test(
        "A duty that is found outranks as ever; one that nobody could look for weakens no refusal")
    func neverWeaker() throws {
        let text = "Tell me: once upon a time"
        #expect(try exchange(text).record.act == .refuse)
        let owed = try exchange(
            text, .success([Detection("help_line", isTriggered: true, text: 0)]))
        #expect(owed.record.act == .guide)
        let failed = try exchange(text, .failure(.unreachable))
        #expect(failed.record.act == .refuse)
        #expect(record(failed).contains(#""behavior":"help_line","detector":"judge""#))
    }

    @Test("Whatever a detector was to look for, its failing never makes the act weaker")
    func failing() throws {
        let ids = charter.behaviors.map(\.id)
        for mask in 1..<(1 << ids.count) {
            let behaviors = Set(
                ids.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element))
            for text in ["Hi.", "Tell me: once upon a time"] {
                let failed = try exchange(text, .failure(.late), behaviors).record.act
                let looked = try exchange(text, .success([]), behaviors).record.act
                #expect(failed >= looked, "\(behaviors): \(text)")
            }
        }
    }

    @Test("Without detectors nothing is said of any")
    func nobody() throws {
        #expect(try !record(exchange("Hi.")).contains("detectors"))
    }
}
