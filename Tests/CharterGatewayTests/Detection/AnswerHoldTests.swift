import CharterGateway
import Testing

/// A stream waits for whoever looks at it, in its order, and no longer than the window.
@Suite("Answer hold")
struct AnswerHoldTests {
    private static let window = Duration.milliseconds(400)

    /// A hold in milliseconds and words.
    private struct Told {
        var hold = AnswerHold(window: AnswerHoldTests.window)

        mutating func take(_ text: String, _ now: Int) {
            hold.hold(Array(text.utf8), at: .milliseconds(now))
        }

        mutating func ask(_ now: Int) -> Bool { hold.ask(at: .milliseconds(now)) }
        mutating func release() -> String { String(decoding: hold.release(), as: UTF8.self) }

        mutating func overdue(_ now: Int) -> String {
            String(decoding: hold.releaseOverdue(at: .milliseconds(now)), as: UTF8.self)
        }
    }

    @Test("What has waited for half of the window is asked about, with all that came since")
    func asking() {
        var told = Told()
        var asks = [told.ask(9_000)]
        #expect(told.hold.due == nil)
        told.take("a", 100)
        #expect(told.hold.due == .milliseconds(300))
        asks.append(told.ask(299))
        told.take("b", 290)
        asks.append(told.ask(300))
        #expect(told.hold.due == .milliseconds(500), "who looks has what is left of the window")
        told.take("c", 310)
        asks.append(told.ask(9_000))
        #expect(asks == [false, false, true, false], "one looks at a time, and not too early")
        let first = told.release()
        #expect(first == "ab" && !told.hold.isEmpty && told.hold.due == .milliseconds(510))
        let isAsking = told.ask(510)
        let second = told.release()
        #expect(isAsking && second == "c" && told.hold.isEmpty)
    }

    @Test("Where nothing more comes the rest is asked about at once")
    func completing() {
        var told = Told()
        told.take("a", 100)
        told.hold.complete()
        let isAsking = told.ask(100)
        #expect(isAsking)
    }

    @Test("What has waited for all of the window is overdue, and what came later is not")
    func overdue() {
        var told = Told()
        told.take("a", 0)
        told.take("b", 100)
        let isAsking = told.ask(200)
        #expect(isAsking && !told.hold.isOverdue(at: .milliseconds(399)))
        #expect(told.hold.isOverdue(at: .milliseconds(400)))
        let first = told.overdue(400)
        #expect(first == "a" && told.hold.byteCount == 1)
        #expect(!told.hold.isOverdue(at: .milliseconds(400)))
        let second = told.release()
        #expect(second == "b")
    }

    @Test("Every byte goes on once, in its order, and within the window", arguments: 0..<200)
    func everything(seed: Int) {
        var random = Random(seed: seed)
        var hold = AnswerHold(window: Self.window)
        var (given, delivered): ([UInt8], [UInt8]) = ([], [])
        var arrivals: [Duration] = []
        for step in 0..<200 {
            let now = Duration.milliseconds(step * 20)
            switch random.below(4) {
            case 0, 1:
                given.append(UInt8(truncatingIfNeeded: step))
                arrivals.append(now)
                hold.hold([UInt8(truncatingIfNeeded: step)], at: now)
            case 2: if hold.isAsking { delivered += hold.release() }
            default: break
            }
            _ = hold.ask(at: now)
            if hold.isOverdue(at: now) { delivered += hold.releaseOverdue(at: now) }
            let waiting = arrivals.dropFirst(delivered.count)
            #expect(waiting.allSatisfy { now - $0 < Self.window })
            #expect(hold.byteCount == waiting.count && hold.isEmpty == waiting.isEmpty)
        }
        delivered += hold.releaseOverdue(at: .seconds(99))
        #expect(delivered == given && hold.isEmpty)
    }
}
