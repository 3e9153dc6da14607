import CharterDetection
import CharterDocuments
import CharterEngine
import Testing

/// An answer outside of the schema is no answer.
@Suite("Judge's answer")
struct JudgeAnswerTests {
    private func prompt(_ texts: [DetectedText]) throws -> JudgePrompt {
        JudgePrompt(
            JudgePolicy(try SmallCharter.document()), ["poison", "help_line", "gore"], about: texts)
    }

    private static let no = #"{"exercised":false}"#

    private static func answer(poison: String = no, line: String = no, gore: String = no) -> String
    {
        #"{"poison":\#(poison),"help_line":\#(line),"gore":\#(gore)}"#
    }

    private static func yes(_ quotation: String, _ value: String, _ asked: Bool = false) -> String {
        #"{"exercised":true,"quotation":"\#(quotation)","value":"\#(value)","asked":\#(asked)}"#
    }

    @Test("Says for each behavior whether it is exercised, at which value, by which words")
    func verdicts() throws {
        let prompt = try prompt(SmallCharter.texts("So \"much\"\nblood.", "é blood"))
        let none = try prompt.detections(in: Array(Self.answer().utf8))
        #expect(none.isEmpty)
        let all = Self.answer(
            poison: Self.yes(#"\"much\"\n"#, "on"), line: Self.yes("So", "on", true),
            gore: Self.yes("blood", "shown", true))
        #expect(
            try prompt.detections(in: Array(all.utf8)) == [
                Detection("poison", value: "on", text: 0, span: 3..<10),
                Detection("help_line", isTriggered: true, text: 0, span: 0..<2),
                Detection("gore", value: "shown", isAsked: true, text: 0, span: 10..<15),
                Detection("gore", value: "shown", isAsked: true, text: 1, span: 3..<8),
            ])
    }

    @Test("Of an answer it counts what stands in the answer")
    func answers() throws {
        var texts = SmallCharter.texts("so much blood", "so much blood")
        texts[1].place = .answer
        let prompt = try prompt(texts)
        let found = try prompt.detections(
            in: Array(Self.answer(gore: Self.yes("blood", "shown")).utf8))
        #expect(found.map(\.text) == [1])
        #expect(prompt.question.instructions.contains("what an assistant answered"))
    }

    @Test(
        "Anything else is no answer",
        arguments: [
            "", "no", "[]", "{}", "null", "{\"poison\":\(no)}", answer() + "x", "```\(answer())```",
            answer().dropLast() + ",\"lies\":\(no)}", answer().dropLast() + ",\"gore\":\(no)}",
            answer(gore: "{}"), answer(gore: "false"), answer(gore: "[]"),
            answer(gore: #"{"exercised":"false"}"#), answer(gore: #"{"exercised":null}"#),
            answer(gore: #"{"exercised":false,"asked":false}"#),
            answer(gore: #"{"exercised":true}"#),
            answer(gore: #"{"exercised":true,"quotation":"a","value":"shown"}"#),
            answer(gore: #"{"exercised":true,"quotation":"a","value":"shown","asked":1}"#),
            answer(gore: #"{"exercised":true,"quotation":1,"value":"shown","asked":true}"#),
            answer(gore: #"{"exercised":true,"quotation":"a","value":"shown","asked":true,"b":1}"#),
            answer(gore: yes("a", "implied")), answer(gore: yes("a", "on")),
            answer(gore: yes("a", "")),
            answer(gore: yes("", "shown")), answer(gore: yes("A", "shown")),
            answer(gore: yes("aa", "shown")), answer(line: yes("a", "off")),
            answer(gore: yes(String(repeating: "a", count: 1_001), "shown")),
        ].map { "\($0)" })
    func outOfSchema(content: String) throws {
        let prompt = try prompt(SmallCharter.texts("a", String(repeating: "ab", count: 2)))
        #expect(throws: DetectorFailure.outOfSchema) {
            try prompt.detections(in: Array(content.utf8))
        }
    }

    @Test(
        "Whatever is answered comes to detections of what was asked, or to none", arguments: 0..<300
    )
    func garbled(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let prompt = try prompt(SmallCharter.texts("blood"))
        var bytes = Array(Self.answer(gore: Self.yes("blood", "shown")).utf8)
        for _ in 0..<3 {
            let place = Int.random(in: bytes.indices, using: &random)
            if random.chance(50) {
                bytes.remove(at: place)
            } else {
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        guard let found = try? prompt.detections(in: bytes) else { return }
        #expect(found.allSatisfy { ["poison", "help_line", "gore"].contains($0.behavior) })
        #expect(found.allSatisfy { $0.text == 0 && $0.span.map { $0.upperBound <= 5 } ?? false })
    }
}
