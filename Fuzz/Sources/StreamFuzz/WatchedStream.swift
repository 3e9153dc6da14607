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

    static let explanation = "It ends here."

    private var output: [UInt8] = []
    private var state = AnswerWatch<PatternWatcher>.State.running
    private(set) var stops: [Stop] = []

    /// - Parameter limit: the most bytes of an event; four times as many may be held.
    init(_ pieces: [[UInt8]], _ watching: Watch, limit: Int = 4_096) {
        let (enforcement, judge) = (watching.enforcement, watching.judge)
        var watch = AnswerWatch<PatternWatcher>(
            choices: 1, eventLimit: limit, heldLimit: 4 * limit,
            watcher: { _, part in PatternWatcher(enforcement, judge, part) },
            explanation: { _ in Self.explanation })
        for piece in pieces { watch.push(piece, into: &output) }
        watch.finish(into: &output)
        state = watch.state
        stops = watch.stops.map { Stop(choice: $0.choice, part: $0.part, violation: $0.violation) }
    }

    /// The data of each event that is delivered.
    private var events: [[UInt8]] {
        var parser = ServerSentEvents()
        parser.push(output)
        var events: [[UInt8]] = []
        while let event = try? parser.next() { events.append(event.data) }
        return events
    }

    /// The strings of each choice's deltas, by key; of calls, the arguments.
    var texts: [Int: [String: [UInt8]]] {
        var texts: [Int: [String: [UInt8]]] = [:]
        for event in events.dropLast() {
            for choice in readJSON(event)["choices"]?.children.map({ $0 }) ?? [] {
                let index = choice["index"]?.integer ?? -1
                for member in choice["delta"]?.children.map({ $0 }) ?? [] {
                    let key = String(decoding: member.key, as: UTF8.self)
                    if let text = member.text {
                        texts[index, default: [:]][key, default: []] += text
                    }
                    guard key == "tool_calls" else { continue }
                    for call in member.children {
                        let kind = call.present("custom") == nil ? "call" : "custom call"
                        let number = "\(kind) \(call["index"]?.integer ?? -1)"
                        let function = call.present("function") ?? call.present("custom")
                        for name in ["arguments", "input"] {
                            let text = function?.children.first { $0.key.elementsEqual(name.utf8) }
                            texts[index, default: [:]][number, default: []] += text?.text ?? []
                        }
                    }
                }
            }
        }
        return texts.mapValues { parts in parts.filter { !$0.value.isEmpty } }
            .filter { !$0.value.isEmpty }
    }

    func checkDelivery(_ watching: Watch) {
        let last = events.last ?? []
        switch state {
        case .running: check(false, "it ends")
        case .complete: check(last.elementsEqual("[DONE]".utf8), "it says that it is whole")
        case .failed: check(readJSON(last)["error"] != nil, "it says that it is not whole")
        }
        for (choice, parts) in texts {
            for (key, text) in parts where key != "role" {
                let isJSON = key.hasPrefix("call ") || key == "function_call"
                // What stands on both sides of what is replaced has never stood together.
                let parts = text.split(separator: Array(Replies.standardRedaction.utf8))
                for (part, number) in zip(parts, 1...) {
                    let matches = matches(
                        of: watching.enforcement.patterns, in: Array(part), .answer,
                        readsEscapes: isJSON)
                    // Where a text is cut off a word ends (`\b`) that did not end there.
                    let isCut = number < parts.count || stops.contains { $0.choice == choice }
                    let match = matches.first { match in
                        watching.judge.ends(atPattern: match.pattern)
                            && !(isCut && match.end == part.count)
                    }
                    check(match == nil, "\(key) of \(choice) has \(match as Any): \(self)")
                }
            }
        }
    }
}

extension WatchedStream: CustomStringConvertible {
    var description: String { "\(String(decoding: output, as: UTF8.self)) \(state) \(stops)" }
}
