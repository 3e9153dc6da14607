import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

@testable import CharterServer

/// Settings of several upstreams and of budgets.
@Suite("Settings of upstreams and budgets")
struct UpstreamSettingsTests {
    private func read(_ text: String) -> Reading<Settings> {
        Settings.read(SourceText(file: "charter.yaml", text: text), environment: ["KEY": "secret"])
    }

    @Test("One upstream has defaults, and may say its dialect and its limits")
    func one() throws {
        let least = try #require(read("upstream: {url: 'http://x/v1'}").value?.upstreams.first)
        #expect(least.name == "upstream" && least.dialects == [.openAI] && least.models == nil)
        #expect(least.connectSeconds == 5 && least.timeoutSeconds == 300)
        #expect(least.firstTokenSeconds == nil && least.order == 0 && least.weight == 1)
        let most = try #require(
            read(
                "upstream: {url: 'http://x/v1', api: anthropic, connect: 1, first_token: 2, timeout: 3, instructions: developer}"
            ).value)
        let upstream = try #require(most.upstreams.first)
        #expect(upstream.dialects == [.anthropic] && most.guideRole == .developer)
        #expect(upstream.connectSeconds == 1 && upstream.timeoutSeconds == 3)
        #expect(upstream.firstTokenSeconds == 2)
    }

    @Test(
        "Several have names, models, an order and weights; `developer` is said to models where all know it"
    )
    func several() throws {
        let settings = try #require(
            read(
                """
                upstreams:
                  - {name: near, url: 'http://x/v1', models: [a, b], weight: 3, instructions: developer}
                  - {name: far, url: 'https://y/v1', key: env:KEY, order: 1}
                """
            ).value)
        #expect(settings.upstreams.map(\.name) == ["near", "far"])
        #expect(settings.upstreams.map(\.models) == [["a", "b"], nil])
        #expect(settings.upstreams.map(\.order) == [0, 1])
        #expect(settings.upstreams.map(\.weight) == [3, 1])
        #expect(settings.upstreams.map(\.key) == [nil, "secret"])
        #expect(settings.guideRole == .system)
    }

    @Test(
        "A slip in upstreams is told",
        arguments: [
            "upstream: {url: 'http://x/v1'}\nupstreams: [{name: a, url: 'http://x/v1'}]",
            "upstreams: []", "upstreams: {name: a, url: 'http://x/v1'}",
            "upstreams: [{url: 'http://x/v1'}]", "upstreams: [{name: '', url: 'http://x/v1'}]",
            "upstreams: [{name: a}]",
            "upstreams: [{name: a, url: 'http://x/v1'}, {name: a, url: 'http://y/v1'}]",
            "upstreams: [{name: a, url: 'http://x/v1', models: []}]",
            "upstreams: [{name: a, url: 'http://x/v1', models: b}]",
            "upstreams: [{name: a, url: 'http://x/v1', models: [[b]]}]",
            "upstreams: [{name: a, url: 'http://x/v1', weight: 0}]",
            "upstreams: [{name: a, url: 'http://x/v1', order: -1}]",
            "upstreams: [{name: a, url: 'http://x/v1', api: openAI}]",
            "upstreams: [{name: a, url: 'http://x/v1', max_failures: 3}]",
            "upstream: {url: 'http://x/v1', name: a}", "upstream: {url: 'http://x/v1', weight: 2}",
            "upstream: {url: 'http://x/v1', connect: 0}",
            "upstream: {url: 'http://x/v1', timeout: 5, first_token: 6}",
            "upstream: {url: 'http://x/v1', first_token: soon}",
        ])
    func upstreamSlips(text: String) {
        let reading = read(text)
        #expect(reading.value == nil)
        #expect(reading.diagnostics.contains { $0.severity == .error && $0.position.line >= 1 })
        #expect(reading.diagnostics.allSatisfy { $0.line == nil })
    }

    @Test("Every mistake is told at once, each at its place")
    func together() {
        let reading = read(
            """
            upstreams:
              - {name: a, url: 'ftp://x'}
              - {name: b, url: 'http://x/v1', weight: 0, api: opnai}
            prices: {m: {input: -1, output: 2}}
            operators:
              - {name: o, key: k, budget: {requests_per_minute: 0, concurent: 1}}
            """)
        #expect(reading.diagnostics.map(\.position.line) == [2, 3, 3, 4, 6, 6])
        #expect(reading.diagnostics.contains { $0.help?.contains("`concurrent`") == true })
        #expect(reading.diagnostics.contains { $0.help?.contains("`openai`") == true })
    }

    private static let upstream = "upstream: {url: 'http://x/v1'}\n"

    @Test("Budgets are of an operator, its users and its keys, and prices of models")
    func budgets() throws {
        let settings = try #require(
            read(
                Self.upstream + """
                    operators:
                      - name: o
                        key: k
                        budget: {requests_per_minute: 600, concurrent: 20, tokens_per_minute: 90000, cost_per_day: 12.5}
                        user_budget: {requests_per_minute: 10}
                        key_budget: {concurrent: 4}
                    prices: {m: {input: 0.15, output: 1}}
                    """
            ).value)
        let entry = try #require(settings.operators.first)
        #expect(entry.budget?.requestsPerMinute == 600 && entry.budget?.concurrent == 20)
        #expect(entry.budget?.tokensPerMinute == 90_000 && entry.budget?.costPerDay == 12.5)
        #expect(entry.userBudget?.requestsPerMinute == 10 && entry.userBudget?.concurrent == nil)
        #expect(entry.keyBudget?.concurrent == 4)
        #expect(settings.prices == ModelPrices(["m": .init(input: 0.15, output: 1)]))
    }

    @Test(
        "A slip in budgets and prices is told",
        arguments: [
            "operators: [{name: o, key: k, budget: {}}]",
            "operators: [{name: o, key: k, budget: 5}]",
            "operators: [{name: o, key: k, user_budget: {requests: 5}}]",
            "operators: [{name: o, key: k, key_budget: {concurrent: 0}}]",
            "operators: [{name: o, key: k, budget: {requests_per_minute: 1.5}}]",
            "operators: [{name: o, key: k, budget: {cost_per_day: 5}}]",
            "operators: [{name: o, key: k, budget: {cost_per_day: 0}}]\nprices: {m: {input: 1, output: 1}}",
            "operators: [{name: o, key: k, budget: {cost_per_day: inf}}]\nprices: {m: {input: 1, output: 1}}",
            "operators: [{name: o, key: k, budget: {cost_per_day: 5}}]\nprices: {}",
            "prices: [m]", "prices: {m: 5}", "prices: {m: {input: 1}}",
            "prices: {m: {input: 1, output: nan}}", "prices: {m: {input: 1, output: 0x1}}",
        ])
    func budgetSlips(text: String) {
        let reading = read(Self.upstream + text)
        #expect(reading.value == nil)
        #expect(!reading.diagnostics.isEmpty)
    }
}
