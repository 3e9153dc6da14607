import CharterDocuments
import CharterGateway
import Foundation
import Testing

/// A random answer: which texts it has, with whom interleaved, and what is in them.
private struct RandomAnswer {
    static let literals = ["bomb", "omelet", "é😀x", "\"q\\"]
    private static let words = [
        "bom", "b", "ome", "let", "o", "é", "😀", "x", "\"", "q", "\\", "\n", " ",
        "words of a model",
    ]
    private static let keys = ["content", "refusal", "reasoning_content"]

    let choices: Int
    var script = StreamScript()
    /// The whole text of each choice and part, as the model wrote it.
    var texts: [Int: [String: String]] = [:]

    init(seed: Int) {
        var random = Random(seed: seed)
        choices = 1 + random.below(3)
        var named: Set<[Int]> = []
        for choice in 0..<choices { script.role(choice) }
        for _ in 0..<random.below(40) {
            let choice = random.below(choices)
            let text = (0..<random.below(4)).map { _ in Self.words[random.below(Self.words.count)] }
                .joined()
            if random.below(4) == 0 {
                let call = random.below(2)
                let isNew = named.insert([choice, call]).inserted
                script.call(call, isNew ? "f\(call)" : nil, text, choice: choice)
                texts[choice, default: [:]]["call \(call)", default: ""] += text
            } else {
                let key = Self.keys[random.below(Self.keys.count)]
                script.say(text, as: key, choice: choice)
                texts[choice, default: [:]][key, default: ""] += text
            }
        }
        for choice in 0..<choices { script.end(choice: choice) }
        if random.below(2) == 0 { script.usage() }
        script.done()
    }
}

@Suite("How an answer is cut changes nothing")
struct AnswerWatchPropertyTests {
    /// How many answers each of the twenty batches makes up, to cut each in ten ways: CHARTER_CUTTINGS
    /// in all, 2,000 where it is unsaid.
    private static let answersEach =
        (ProcessInfo.processInfo.environment["CHARTER_CUTTINGS"].flatMap { Int($0) } ?? 2_000) / 200

    @Test("Every cutting of the bytes gives the same bytes and stops", arguments: 0..<20)
    func cuts(batch: Int) throws {
        for seed in batch * Self.answersEach..<(batch + 1) * Self.answersEach {
            let answer = RandomAnswer(seed: seed)
            var whole = Watched(RandomAnswer.literals, choices: answer.choices)
            _ = whole.run(answer.script)
            var random = Random(seed: seed)
            for longest in [1, 2, 3, 5, 9, 20, 60, 200, 700, 3_000] {
                var cut = Watched(RandomAnswer.literals, choices: answer.choices)
                _ = cut.run(random.cut(answer.script.bytes, longest: longest))
                #expect(cut.output == whole.output, "seed \(seed), pieces up to \(longest)")
                #expect(cut.stops == whole.stops, "seed \(seed), pieces up to \(longest)")
                #expect(cut.watch.state == .complete, "seed \(seed), pieces up to \(longest)")
            }
        }
    }

    @Test("What is delivered is what the model wrote, up to the violation", arguments: 0..<20)
    func delivers(batch: Int) throws {
        for seed in batch * 50..<(batch + 1) * 50 { try delivers(seed: seed) }
    }

    private func delivers(seed: Int) throws {
        let answer = RandomAnswer(seed: seed)
        var watched = Watched(RandomAnswer.literals, choices: answer.choices)
        let delivered = try watched.run(answer.script).delivered
        #expect(delivered.faults.isEmpty, "seed \(seed)")
        #expect(delivered.isDone, "seed \(seed)")
        for choice in 0..<answer.choices {
            let stop = watched.watch.stops.first { $0.choice == choice }
            #expect(delivered.reasons[choice] == (stop == nil ? "stop" : "content_filter"))
            for (key, text) in answer.texts[choice] ?? [:] {
                var said = delivered.text(choice, key)
                if key == "refusal", let stop {
                    let explanation = "[\(stop.violation)]"
                    #expect(said.hasSuffix(explanation), "seed \(seed)")
                    said.removeLast(explanation.count)
                    if said.hasSuffix("\n\n") { said.removeLast(2) }
                }
                let allowed = textBefore(RandomAnswer.literals, in: text)
                // Of a call all arrives or nothing.
                if key.hasPrefix("call") {
                    #expect(said == "" || said == text && allowed == text, "seed \(seed) \(key)")
                    continue
                }
                let isStopped = stop.map { key == Self.key($0.part) } ?? false
                if stop == nil || isStopped {
                    #expect(said == allowed, "seed \(seed) \(key)")
                } else {
                    // Where another text was stopped this one ends where the model was then.
                    #expect(text.utf8.starts(with: said.utf8), "seed \(seed) \(key)")
                    #expect(textBefore(RandomAnswer.literals, in: said) == said, "seed \(seed)")
                }
            }
        }
    }

    @Test("However the model's text comes in events, the same text arrives", arguments: 0..<10)
    func eventCuts(batch: Int) throws {
        for seed in batch * 50..<(batch + 1) * 50 { try eventCuts(seed: seed) }
    }

    private func eventCuts(seed: Int) throws {
        var random = Random(seed: seed)
        let words = ["bom", "b", "ome", "let", "é", "😀", "x", "words ", "\n"]
        let text = (0..<random.below(30)).map { _ in words[random.below(words.count)] }.joined()
        let expected = textBefore(RandomAnswer.literals, in: text)
        for longest in [1, 3, 200] {
            var script = StreamScript()
            script.role()
            for piece in random.cut(Array(text.unicodeScalars), longest: longest) {
                script.say(String(String.UnicodeScalarView(piece)))
            }
            script.end()
            script.done()
            var watched = Watched(RandomAnswer.literals)
            let delivered = try watched.run(script).delivered
            #expect(delivered.text(0, "content") == expected, "seed \(seed)")
            #expect(delivered.reasons[0] == (expected == text ? "stop" : "content_filter"))
        }
    }

    @Test("Whatever bytes come, it ends as a whole answer or as an error", arguments: 0..<10)
    func garbled(batch: Int) throws {
        for seed in batch * 50..<(batch + 1) * 50 {
            let answer = RandomAnswer(seed: seed)
            var random = Random(seed: seed)
            var bytes = answer.script.bytes
            for _ in 0...random.below(4) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(random.below(256))
                case 2:
                    bytes.insert(contentsOf: bytes[place...].prefix(random.below(300)), at: place)
                default: bytes.removeLast(random.below(bytes.count / 4))
                }
            }
            var watched = Watched(RandomAnswer.literals, choices: answer.choices)
            let delivered = try watched.run(random.cut(bytes, longest: 50)).delivered
            #expect(delivered.isDone != (delivered.error != nil), "seed \(seed)")
            #expect(!watched.watch.needsUpstream, "seed \(seed)")
            for (key, said) in delivered.texts.values.joined() where key != "refusal" {
                #expect(textBefore(RandomAnswer.literals, in: said) == said, "seed \(seed) \(key)")
            }
        }
    }

    private static func key(_ part: AnswerPart) -> String {
        switch part {
        case .content: "content"
        case .refusal: "refusal"
        case .call(let number), .customCall(let number): "call \(number)"
        case .functionCall: "function_call"
        case .other(let key): key
        }
    }
}
