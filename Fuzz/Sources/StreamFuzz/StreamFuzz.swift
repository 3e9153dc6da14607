import CharterDetection
import CharterDocuments
import CharterEngine
import Fuzzing

@testable import CharterGateway

/// Whatever an upstream sends: how its bytes are cut changes nothing that is delivered and nothing
/// of the verdict, nothing is delivered that a pattern forbids, and what is delivered ends.
///
/// The first byte says whether the rest is a stream, or a text to be streamed; the second how many
/// of the next bytes say how it is cut.
@main
struct StreamFuzz: Fuzzer {
    private let watch = Watch()

    func test(_ input: [UInt8]) {
        guard input.count > 2 else { return }
        let cuts = Array(input[2...].prefix(Int(input[1] % 16)))
        let rest = Array(input[(2 + cuts.count)...])
        if input[0] & 1 == 0 { stream(rest, cuts) } else { text(rest, cuts) }
    }

    private func stream(_ bytes: [UInt8], _ cuts: [UInt8]) {
        let whole = WatchedStream([bytes], watch)
        for pieces in [bytes.cut(cuts), bytes.cut(Self.short(bytes.count))] {
            let other = WatchedStream(pieces, watch)
            check(other == whole, "cut, \(other) is \(whole)")
        }
        whole.checkDelivery(watch)
        compareEvents(bytes, cuts)
    }

    /// Byte by byte, or the next best where that takes long.
    private static func short(_ count: Int) -> [UInt8] { count > 256 ? [0, 3, 1, 7] : [] }

    private func compareEvents(_ bytes: [UInt8], _ cuts: [UInt8]) {
        func events(_ pieces: [[UInt8]]) -> (events: [ServerSentEvents.Event], isTooLarge: Bool) {
            var parser = ServerSentEvents(limit: 400)
            var events: [ServerSentEvents.Event] = []
            for piece in pieces {
                parser.push(piece)
                do throws(ServerSentEvents.TooLarge) {
                    while let event = try parser.next() { events.append(event) }
                } catch {
                    return (events, true)
                }
            }
            return (events, false)
        }
        check(events([bytes]) == events(bytes.cut(cuts)), "events do not depend on cuts")
    }

    /// The same text in other deltas, or not streamed at all; how many bytes are held depends on the
    /// deltas, so that here they may be many.
    private func text(_ bytes: [UInt8], _ cuts: [UInt8]) {
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        func script(_ lengths: [UInt8]) -> WatchedStream {
            var events: [UInt8] = []
            var place = 0
            var number = 0
            while place < scalars.count {
                let length = lengths.isEmpty ? 1 : Int(lengths[number % lengths.count] % 32) + 1
                let end = min(place + length, scalars.count)
                events += Self.event(scalars[place..<end])
                (place, number) = (end, number + 1)
            }
            events += Self.end
            return WatchedStream([events], watch, limit: 1 << 20)
        }
        let whole = WatchedStream(
            [Self.event(scalars[...]) + Self.end], watch, limit: 1 << 20)
        for other in [script(cuts), script(Self.short(scalars.count))] {
            check(other.texts == whole.texts, "\(other) delivers as \(whole)")
            check(other.stops == whole.stops, "\(other) stops as \(whole)")
        }
        whole.checkDelivery(watch)
        compareWhole(scalars, whole)
    }

    private func compareWhole(_ scalars: [Unicode.Scalar], _ stream: WatchedStream) {
        var body = Array(#"{"choices":[{"index":0,"message":{"role":"assistant","content":"#.utf8)
        JSONText.append(Self.string(scalars[...]), to: &body)
        body += #"},"finish_reason":"stop"}]}"#.utf8
        let (enforcement, judge) = (watch.enforcement, watch.judge)
        let answer = required(
            try? ChatAnswer<PatternWatcher>(
                body: body, watcher: { _, part in PatternWatcher(enforcement, judge, part) },
                explanation: { _ in WatchedStream.explanation }), "answer")
        let message = Array(readJSON(answer.body)["choices"]?.children ?? readJSON("[]").children)
            .first?["message"]
        let content = message?["content"]?.string ?? ""
        let streamed = stream.texts[0]?["content"].map { String(decoding: $0, as: UTF8.self) }
        check(content == streamed ?? "", "not streamed, \(content) is delivered, of \(stream)")
        check(answer.stops.count == stream.stops.count, "not streamed it stops as in \(stream)")
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func event(_ scalars: ArraySlice<Unicode.Scalar>) -> [UInt8] {
        var bytes = Array(#"data: {"choices":[{"index":0,"delta":{"content":"#.utf8)
        JSONText.append(string(scalars), to: &bytes)
        return bytes + "}}]}\n\n".utf8
    }

    private static let end = Array(
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
            .utf8)
}
