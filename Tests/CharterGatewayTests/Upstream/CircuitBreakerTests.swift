import CharterGateway
import Testing

/// A server that fails is left alone for a while, and then tried by one request at a time.
@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private static let mostFailures = CircuitBreaker.mostFailures

    /// A breaker that has just opened, at 0 s.
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<Self.mostFailures { fail(&breaker, at: .zero) }
        return breaker
    }

    private func fail(_ breaker: inout CircuitBreaker, at now: Duration) {
        let isProbe = breaker.begin(at: now)
        breaker.end(.failed, isProbe: isProbe, at: now)
    }

    @Test("It opens at the fifth failure in a row, and an answer in between begins anew")
    func opens() {
        var breaker = CircuitBreaker()
        for _ in 1..<Self.mostFailures { fail(&breaker, at: .zero) }
        #expect(breaker.state(at: .zero) == .closed && breaker.failures == Self.mostFailures - 1)
        breaker.end(.answered, isProbe: breaker.begin(at: .zero), at: .zero)
        for _ in 1..<Self.mostFailures { fail(&breaker, at: .zero) }
        #expect(breaker.state(at: .zero) == .closed && breaker.isPassable(at: .zero))
        fail(&breaker, at: .zero)
        #expect(breaker.state(at: .zero) == .open && !breaker.isPassable(at: .zero))
    }

    @Test("After its wait one request may pass, and no second one while that is on its way")
    func probes() {
        var breaker = opened()
        #expect(!breaker.isPassable(at: .milliseconds(999)))
        #expect(breaker.isPassable(at: .seconds(1)))
        let first = breaker.begin(at: .seconds(1))
        let second = breaker.begin(at: .seconds(9))
        #expect(first && !second && !breaker.isPassable(at: .seconds(9)))
        #expect(breaker.state(at: .seconds(9)) == .halfOpen)
        breaker.end(.answered, isProbe: true, at: .seconds(9))
        #expect(breaker.state(at: .seconds(9)) == .closed && breaker.failures == 0)
    }

    @Test("Each probe that fails doubles the wait, up to a minute")
    func waits() {
        var breaker = opened()
        var (now, waits) = (Duration.seconds(1), [Int]())
        for _ in 0..<8 {
            fail(&breaker, at: now)
            var wait = 0
            while !breaker.isPassable(at: now) {
                now += .seconds(1)
                wait += 1
            }
            waits.append(wait)
        }
        #expect(waits == [2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test("A probe that is given up decides nothing, and the next request may try")
    func abandoned() {
        var breaker = opened()
        breaker.end(.abandoned, isProbe: breaker.begin(at: .seconds(1)), at: .seconds(2))
        #expect(breaker.isPassable(at: .seconds(2)) && breaker.state(at: .seconds(2)) == .halfOpen)
    }

    @Test("What was sent in spite of an open breaker closes it by an answer, and delays nothing")
    func lastResort() {
        var breaker = opened()
        fail(&breaker, at: .milliseconds(900))
        #expect(breaker.isPassable(at: .seconds(1)))
        var other = opened()
        other.end(.answered, isProbe: other.begin(at: .zero), at: .zero)
        #expect(other.state(at: .zero) == .closed)
    }
}
