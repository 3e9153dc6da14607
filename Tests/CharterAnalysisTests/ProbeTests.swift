import CharterAnalysis
import CharterDocuments
import Testing

@Suite("What a probe tries")
struct ProbeTests {
    private static let matrix = """
        {"operator": "shop", "behaviors": {
          "codes": {"title": "Codes", "values": ["off", "on"], "setting": "off", "authority": "root",
                    "ceilings": {"platform": null, "operator": null, "user": null}},
          "honesty": {"title": "Honesty", "values": ["off", "on"], "setting": "on", "authority": "root",
                      "ceilings": {"platform": null, "operator": null, "user": null}},
          "dose": {"title": "Dose", "values": ["none", "label", "exact"], "setting": "none", "authority": "operator",
                   "ceilings": {"platform": "exact", "operator": "label", "user": null}},
          "tea": {"title": "Tea", "values": ["off", "on"], "setting": "off", "authority": "user",
                  "ceilings": {"platform": "on", "operator": "on", "user": "on"}}}}
        """

    private func targets() throws -> [ProbeTarget] {
        ProbeTarget.targets(inMatrix: try JSONDocument(Array(Self.matrix.utf8)).root)
    }

    @Test("aims at what is hardcoded, and at what has a ceiling, at its far end")
    func aims() throws {
        let targets = try targets()
        #expect(targets.map(\.behavior) == ["codes", "honesty", "dose"])
        #expect(targets.map(\.aim) == ["on", "off", "exact"])
        #expect(targets.map(\.most) == ["off", "on", "label"])
    }

    @Test(
        "moved is beyond what the key may reach, and anything else where it is hardcoded",
        arguments: [
            ("codes", "off", false), ("codes", "on", true), ("honesty", "on", false),
            ("honesty", "off", true), ("dose", "none", false), ("dose", "label", false),
            ("dose", "exact", true), ("dose", "no such value", true),
        ])
    func moved(behavior: String, value: String, isMoved: Bool) throws {
        let target = try #require(try targets().first { $0.behavior == behavior })
        #expect(target.isMoved(to: value) == isMoved)
    }

    @Test("each attempt is a request of its own, and its body is JSON")
    func attempts() throws {
        let attempts = ProbeAttempts(try targets(), model: "m").all
        var seen: Set<String> = []
        for attempt in attempts {
            let isTwice = attempt.name == "the messages stand twice"
            #expect(((try? JSONDocument(attempt.body)) == nil) == isTwice, "\(attempt.name)")
            let fields = attempt.fields.map { "\($0.name)=\($0.value)" }.joined()
            let request =
                attempt.method + attempt.path + fields
                + String(decoding: attempt.body, as: UTF8.self)
            #expect(seen.insert(request).inserted, "\(attempt.name)")
        }
        #expect(attempts.count > 200)
    }

    @Test("the first texts have each speaker, each wording and each behavior")
    func order() throws {
        let texts = ProbeAttempts(try targets(), model: "m").all.filter {
            $0.name.hasPrefix("a message of") || $0.name.hasPrefix("a system message")
        }
        let first = texts.prefix(texts.count / 3).map(\.name)
        for part in [
            "system message", "of developer", "of user", "of assistant", "of tool", ": codes",
            ": honesty", ": dose", "sets it", "is JSON", "quotes",
        ] { #expect(first.contains { $0.contains(part) }, "\(part)") }
    }

    @Test("nothing is found where nothing moved, and what a decision leaves out is found")
    func findings() throws {
        let targets = try targets()
        let attempt = try #require(ProbeAttempts(targets, model: "m").all.last)
        let matrix = try JSONDocument(Array(Self.matrix.utf8)).root
        #expect(ProbeFinding.findings(in: matrix, targets, attempt).isEmpty)
        let empty = try JSONDocument(Array(#"{"behaviors": {}}"#.utf8)).root
        #expect(ProbeFinding.findings(in: empty, targets, attempt).count == 3)
    }
}
