import CharterDetection
import CharterDocuments
import CharterEngine
import Fuzzing

@testable import CharterGateway

/// What watches answers to a request that demands nothing.
struct Watch {
    let enforcement: Enforcement
    let judge: AnswerJudge

    init() {
        enforcement = ReadingRoom().enforcement
        let decision = required(try? enforcement.policy.decide(Request()), "decision")
        judge = AnswerJudge(enforcement, decision, [])
    }
}

/// What comes of a stream.
struct WatchedStream: Equatable {
    /// Where and why an answer was stopped.
    struct Stop: Equatable {
        var choice: Int
        var part: AnswerPart
        var violation: PatternWatcher.Violation
    }

    static let explanation = "It stops here."

    private let line: Line
    private var output: [UInt8] = []
    private var state = AnswerState.running
    private(set) var stops: [Stop] = []

    /// - Parameter limit: the most bytes of an event; four times as many may be held.
    init(_ pieces: [[UInt8]], _ line: Line, _ watching: Watch, limit: Int = 4_096) {
        self.line = line
        var stream = line.stream(watching, limit: limit)
        for piece in pieces { stream.push(piece, into: &output) }
        stream.finish(into: &output)
        state = stream.state
        stops = stream.stops.map { Stop(choice: $0.choice, part: $0.part, violation: $0.violation) }
    }

    /// The data of each event that is delivered.
    private var events: [[UInt8]] {
        var parser = ServerSentEvents()
        parser.push(output)
        var events: [[UInt8]] = []
        while let event = try? parser.next() { events.append(event.data) }
        return events
    }

    /// The texts, by what they belong to; of calls, the arguments.
    var texts: [String: [UInt8]] {
        var texts: [String: [UInt8]] = [:]
        for event in events where !event.elementsEqual("[DONE]".utf8) {
            line.add(readJSON(event), to: &texts)
        }
        return texts.mapValues(Self.withoutExplanation).filter { !$0.value.isEmpty }
    }

    /// A text without what says why it ends.
    static func withoutExplanation(_ text: [UInt8]) -> [UInt8] {
        let explanation = Array(Self.explanation.utf8)
        guard text.suffix(explanation.count) == explanation[...] else { return text }
        let left = text.dropLast(explanation.count)
        return Array(left.suffix(2) == Array("\n\n".utf8)[...] ? left.dropLast(2) : left)
    }

    func checkDelivery(_ watching: Watch) {
        let last = events.last ?? []
        switch state {
        case .running: check(false, "it ends")
        case .complete: check(line.isEnd(last), "it says that it is whole: \(self)")
        case .failed: check(readJSON(last)["error"] != nil, "it says that it is not whole: \(self)")
        }
        for (place, text) in texts {
            let key = place.split(separator: " ").dropFirst().joined(separator: " ")
            let isJSON = key.hasPrefix("call ") || key == "function_call"
            // What stands on both sides of what is replaced has never stood together.
            let parts = text.split(separator: Array(Replies.standardRedaction.utf8))
            for (part, number) in zip(parts, 1...) {
                let matches = matches(
                    of: watching.enforcement.patterns, in: Array(part), .answer,
                    readsEscapes: isJSON)
                // Where a text is cut off a word ends (`\b`) that did not end there.
                let isCut = number < parts.count || !stops.isEmpty
                let match = matches.first { match in
                    watching.judge.ends(atPattern: match.pattern)
                        && !(isCut && match.end == part.count)
                }
                check(match == nil, "\(place) has \(match as Any): \(self)")
            }
        }
    }
}

extension WatchedStream: CustomStringConvertible {
    var description: String { "\(String(decoding: output, as: UTF8.self)) \(state) \(stops)" }
}
