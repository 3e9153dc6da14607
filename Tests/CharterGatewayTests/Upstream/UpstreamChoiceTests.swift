import CharterGateway
import Testing

/// Who is asked, in which order and how often.
@Suite("Upstream choice")
struct UpstreamChoiceTests {
    private typealias Candidate = UpstreamChoice.Candidate

    /// The servers that one request is sent to where all of them fail.
    private func walk(
        _ choice: inout UpstreamChoice, _ random: inout Random, model: String? = "m",
        at now: Duration = .zero, _ outcome: CircuitBreaker.Outcome = .abandoned
    ) throws -> [Int] {
        var tried: [Int] = []
        while let attempt = try choice.begin(for: model, after: tried, at: now, using: &random) {
            choice.end(attempt, outcome, at: now)
            tried.append(attempt.index)
        }
        return tried
    }

    /// Opens the breaker of a server.
    private func fail(_ choice: inout UpstreamChoice, only index: Int, at now: Duration = .zero)
        throws
    {
        var random = Random(seed: 1)
        for _ in 0..<CircuitBreaker.mostFailures {
            let others = (0..<3).filter { $0 != index && $0 < choice.health(at: now).count }
            let found = try choice.begin(for: nil, after: others, at: now, using: &random)
            let attempt = try #require(found)
            #expect(attempt.index == index)
            choice.end(attempt, .failed, at: now)
        }
    }

    @Test(
        "Each is asked by its share of the weights, within half a percent over 100,000 requests",
        arguments: [[1, 1], [3, 1], [1, 2, 7], [1000, 1]])
    func shares(weights: [Int]) throws {
        var choice = UpstreamChoice(weights.map { Candidate(name: "\($0)", weight: $0) })
        var (random, counts) = (Random(seed: 7), weights.map { _ in 0 })
        for _ in 0..<100_000 {
            let attempt = try choice.begin(for: "m", after: [], at: .zero, using: &random)
            counts[try #require(attempt).index] += 1
        }
        for (count, weight) in zip(counts, weights) {
            let share = Double(weight) / Double(weights.reduce(0, +))
            #expect(abs(Double(count) / 100_000 - share) < 0.005, "\(counts) for \(weights)")
        }
    }

    @Test("Lower orders come first, whatever the weights, and three are tried at most")
    func orders() throws {
        var choice = UpstreamChoice([
            Candidate(name: "last", order: 9, weight: 1000), Candidate(name: "second", order: 1),
            Candidate(name: "first"), Candidate(name: "third", order: 2, weight: 9),
        ])
        for seed in 0..<200 {
            var random = Random(seed: seed)
            #expect(try walk(&choice, &random) == [2, 1, 3])
        }
    }

    @Test("No server is tried twice, and those of a lower order are all tried first")
    func walks() throws {
        var random = Random(seed: 3)
        for _ in 0..<500 {
            let orders = (0..<(1 + random.below(6))).map { _ in random.below(3) }
            var choice = UpstreamChoice(
                orders.map { Candidate(name: "a", order: $0, weight: 1 + random.below(5)) })
            let tried = try walk(&choice, &random)
            #expect(Set(tried).count == tried.count)
            #expect(tried.map { orders[$0] } == Array(orders.sorted().prefix(3)))
        }
    }

    @Test("Whoever fails is left out, tried again after its wait, and asked again when it is back")
    func breaker() throws {
        var choice = UpstreamChoice([Candidate(name: "a"), Candidate(name: "b", order: 1)])
        var random = Random(seed: 5)
        try fail(&choice, only: 0)
        #expect(choice.health(at: .zero).map(\.state) == [.open, .closed])
        #expect(choice.health(at: .zero).map(\.failures) == [5, 0])
        #expect(try walk(&choice, &random) == [1])
        #expect(try walk(&choice, &random, at: .seconds(1), .failed) == [0, 1])
        #expect(try walk(&choice, &random, at: .seconds(2)) == [1])
        let probe = try choice.begin(for: "m", after: [], at: .seconds(3), using: &random)
        #expect(try #require(probe).index == 0)
        #expect(try walk(&choice, &random, at: .seconds(3)) == [1])
        choice.end(try #require(probe), .answered, at: .seconds(3))
        #expect(try walk(&choice, &random, at: .seconds(3)) == [0, 1])
    }

    @Test("Where all have failed one is asked all the same, of the lowest order")
    func lastResort() throws {
        var choice = UpstreamChoice([Candidate(name: "a"), Candidate(name: "b", order: 1)])
        var random = Random(seed: 5)
        try fail(&choice, only: 0)
        try fail(&choice, only: 1)
        #expect(try walk(&choice, &random) == [0])
    }

    @Test("Only who serves the model is asked; a model that none serves is a 404")
    func models() throws {
        var choice = UpstreamChoice([
            Candidate(name: "a", models: ["small"]),
            Candidate(name: "b", models: ["large", "small"]),
        ])
        var random = Random(seed: 1)
        #expect(Set(try walk(&choice, &random, model: "small")) == [0, 1])
        #expect(try walk(&choice, &random, model: "large") == [1])
        #expect(Set(try walk(&choice, &random, model: nil)) == [0, 1])
        let error = #expect(throws: APIError.self) { try walk(&choice, &random, model: "Large") }
        #expect(error?.status == 404 && error?.code == "model_not_found")
        #expect(error?.message.contains("Large") == false)
    }

    @Test("A model is not found where the only server that has it is down, but it is asked")
    func downIsNotUnknown() throws {
        var choice = UpstreamChoice([Candidate(name: "a", models: ["m"])])
        var random = Random(seed: 1)
        try fail(&choice, only: 0)
        #expect(try walk(&choice, &random) == [0])
    }

    @Test("Another server is asked after 429, 502, 503 and 504 alone, and 429 is no failure")
    func statuses() {
        let retried = (100..<600).filter(UpstreamChoice.isRetried(status:))
        #expect(retried == [429, 502, 503, 504])
        #expect((100..<600).filter(UpstreamChoice.isFailure(status:)) == [502, 503, 504])
    }

    @Test("Lists of models become one, of each server what the settings leave it")
    func lists() throws {
        let (one, two) = (
            #"{"data":[{"id":"a","x":1},{"id":"b"}]}"#, #"{"data":[{"id":"a"},{"id":"c"},7]}"#
        )
        let sources: [ModelList.Source] = [
            (Array(one.utf8), nil), (Array("no list".utf8), nil), (Array(two.utf8), ["a", "c"]),
            (Array(two.utf8), []),
        ]
        let list = try ModelList(sources, only: nil).body(in: .openAI)
        #expect(
            String(decoding: list, as: UTF8.self)
                == #"{"object":"list","data":[{"id":"a","x":1},{"id":"b"},{"id":"c"}]}"#)
    }
}
