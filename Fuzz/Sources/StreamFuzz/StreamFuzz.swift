import CharterDetection
import CharterDocuments
import CharterEngine
import Fuzzing

@testable import CharterGateway

/// Whatever an upstream sends: how its bytes are cut changes nothing that is delivered and nothing
/// of the verdict, nothing is delivered that a pattern forbids, and what is delivered ends.
///
/// The first byte says whether the rest is a stream, or a text to be streamed, and in which protocol; the
/// second how many of the next bytes say how it is cut.
@main
struct StreamFuzz: Fuzzer {
    private let watch = Watch()

    func test(_ input: [UInt8]) {
        guard input.count > 2 else { return }
        let cuts = Array(input[2...].prefix(Int(input[1] % 16)))
        let rest = Array(input[(2 + cuts.count)...])
        let line = Line.allCases[Int(input[0] >> 1) % Line.allCases.count]
        if input[0] & 1 == 0 { stream(rest, cuts, line) } else { text(rest, cuts, line) }
    }

    private func stream(_ bytes: [UInt8], _ cuts: [UInt8], _ line: Line) {
        let whole = WatchedStream([bytes], line, watch)
        for pieces in [bytes.cut(cuts), bytes.cut(Self.short(bytes.count))] {
            let other = WatchedStream(pieces, line, watch)
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

    /// The same text in other events, or not streamed at all; how many bytes are held depends on the
    /// events, so that here they may be many.
    private func text(_ bytes: [UInt8], _ cuts: [UInt8], _ line: Line) {
        let scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        func script(_ lengths: [UInt8]) -> WatchedStream {
            var pieces: [String] = []
            var place = 0
            while place < scalars.count {
                let length =
                    lengths.isEmpty ? 1 : Int(lengths[pieces.count % lengths.count] % 32) + 1
                let end = min(place + length, scalars.count)
                pieces.append(Self.string(scalars[place..<end]))
                place = end
            }
            return WatchedStream([line.events(pieces)], line, watch, limit: 1 << 20)
        }
        let text = Self.string(scalars[...])
        let whole = WatchedStream([line.events([text])], line, watch, limit: 1 << 20)
        for other in [script(cuts), script(Self.short(scalars.count))] {
            check(other.texts == whole.texts, "\(other) delivers as \(whole)")
            check(other.stops == whole.stops, "\(other) stops as \(whole)")
        }
        whole.checkDelivery(watch)
        let answer = line.whole(text, watch)
        let place = ["text", "0 content", "0 text"].first { whole.texts[$0] != nil }
        let streamed = place.flatMap { whole.texts[$0] } ?? []
        check(answer.text == streamed, "not streamed, \(answer) is delivered, of \(whole)")
        check(answer.stops == whole.stops.count, "not streamed it stops as in \(whole)")
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
