import CharterDocuments
import CharterEngine
import Testing

@testable import CharterServer

/// Settings are read whole or not at all.
@Suite("Settings")
struct SettingsTests {
    private func read(_ text: String, _ environment: [String: String] = [:]) -> Reading<Settings> {
        Settings.read(
            SourceText(file: "/etc/charter/charter.yaml", text: text), environment: environment)
    }

    @Test(
        "What is unsaid has a default, paths are the file's, and keys may come from the environment"
    )
    func values() throws {
        let settings = try #require(
            read(
                """
                charter: standard.md
                listen: "[::1]:9000"
                upstream: {url: "http://127.0.0.1:8081/v1", key: env:UP, timeout: 5}
                operators:
                  - {name: a, key: k1, layer: /srv/a.yaml}
                  - {name: b, key: env:B}
                """, ["UP": "u", "B": "k2"]
            ).value)
        #expect(settings.charter == "/etc/charter/standard.md")
        #expect(settings.host == "::1" && settings.port == 9_000)
        #expect(settings.upstreams.first?.key == "u")
        #expect(settings.upstreams.first?.timeoutSeconds == 5)
        #expect(settings.operators.map(\.key) == ["k1", "k2"])
        #expect(settings.operators.map(\.layer) == ["/srv/a.yaml", nil])
        let least = try #require(read("upstream: {url: 'http://127.0.0.1:1/v1'}").value)
        #expect(least.host == "127.0.0.1" && least.port == 8_080 && least.operators.isEmpty)
        #expect(least.decisions == 1_000 && least.bodyLimit == 8 << 20)
    }

    @Test(
        "What is wrong is told, and no line of the file with it",
        arguments: [
            "", "charter: a.md", "upstream: {url: 'ftp://x/v1'}", "upstream: {url: 'http://'}",
            "upstream: {url: 'http://x/v1', timeout: 0}",
            "upstream: {url: 'http://x/v1', key: env:NONE}",
            "upstream: {url: 'http://x/v1', key: ''}",
            "upstream: {url: 'http://x/v1'}\ndecisions: -1",
            "upstream: {url: 'http://x/v1'}\nbody_limit: 1",
            "upstream: {url: 'http://x/v1'}\nlisten: 80",
            "upstream: {url: 'http://x/v1'}\nadmin_listen: 9090",
            "upstream: {url: 'http://x/v1'}\nadmin_listen: 127.0.0.1:8080",
            "upstream: {url: 'http://x/v1'}\nlog: yaml",
            "upstream: {url: 'http://x/v1'}\notlp: {}",
            "upstream: {url: 'http://x/v1'}\notlp: {url: 'http://127.0.0.1:4318'}",
            "upstream: {url: 'http://x/v1'}\notlp: {url: 'http://c/v1/traces', headers: [a]}",
            "upstream: {url: 'http://x/v1'}\notlp: {url: 'http://c/v1/traces', headers: {'a b': c}}",
            "upstream: {url: 'http://x/v1'}\notlp: {url: 'http://c/v1/traces', headers: {a: env:NONE}}",
            "upstream: {url: 'http://x/v1'}\notlp: {url: 'http://c/v1/traces', key: k}",
            "upstream: {url: 'http://x/v1'}\noperators: {a: b}",
            "upstream: {url: 'http://x/v1'}\noperators: [{name: a}]",
            "upstream: {url: 'http://x/v1'}\noperators: [{name: a, key: k}, {name: b, key: k}]",
            "upstream: {url: 'http://x/v1'}\noperators: [{name: a, key: k}, {name: a, key: l}]",
        ])
    func slips(text: String) {
        let reading = read(text)
        #expect(reading.value == nil)
        #expect(!reading.diagnostics.isEmpty)
        #expect(reading.diagnostics.allSatisfy { $0.line == nil })
    }

    private static let upstream = "upstream: {url: 'http://127.0.0.1:1/v1'}\n"

    private static func tokens(_ text: String) -> String {
        upstream + "operators: [{name: a, key: k, tokens: {\(text)}}]"
    }

    @Test("Tokens are of one issuer, for one audience, by keys or by a secret")
    func tokens() {
        let secret = String(repeating: "s", count: 32)
        for text in [
            "issuer: i, audience: a, jwks: keys.json",
            "issuer: i, audience: a, jwks: 'https://i.example/keys', algorithms: [ES256]",
            "issuer: i, audience: a, jwks: 'http://127.0.0.1:9/keys', refresh: 1, max_age: 9",
            "issuer: i, audience: a, secret: \(secret), algorithms: [HS256], leeway: 0",
            "issuer: i, audience: a, jwks: k.json, user: email, roles: /r/s, claims: {age: age}",
        ] {
            #expect(read(Self.tokens(text)).value?.operators.first != nil, "\(text)")
        }
    }

    @Test(
        "A slip in tokens keeps the gateway from starting",
        arguments: [
            "issuer: i", "audience: a, jwks: k", "issuer: i, audience: a",
            "issuer: i, audience: a, jwks: k, secret: s",
            "issuer: i, audience: a, secret: short, algorithms: [HS256]",
            "issuer: i, audience: a, secret: \(String(repeating: "s", count: 32))",
            "issuer: i, audience: a, jwks: k, algorithms: [HS256]",
            "issuer: i, audience: a, jwks: k, algorithms: [none]",
            "issuer: i, audience: a, jwks: k, algorithms: []",
            "issuer: i, audience: a, jwks: k, algorithms: ES256",
            "issuer: i, audience: a, jwks: 'http://i.example/keys'",
            "issuer: i, audience: a, jwks: 'ftp://127.0.0.1/keys'",
            "issuer: i, audience: a, jwks: k, leeway: 9999",
            "issuer: i, audience: a, jwks: k, x: y",
            "issuer: i, audience: a, jwks: k, claims: [age]",
        ])
    func tokenSlips(text: String) {
        let reading = read(Self.tokens(text))
        #expect(reading.value == nil)
        #expect(reading.diagnostics.allSatisfy { $0.line == nil && !$0.message.contains("sss") })
    }

    @Test("A claim that nobody declares keeps the gateway from starting, and the nearest is named")
    func tokenClaims() throws {
        let text = Self.tokens("issuer: i, audience: a, jwks: k, claims: {agee: age}")
        let reading = Gateway.read(
            try #require(read(text).value), at: Instant(seconds: 0))
        #expect(reading.value == nil)
        let told = reading.diagnostics.filter { $0.severity == .error }
        #expect(told.count == 2 && told.allSatisfy { $0.position.line == 2 })
        #expect(told.contains { $0.help?.contains("`age`") == true })
        #expect(told.contains { $0.message.contains("there is no such file") })
    }

    private static func detectors(_ text: String) -> String {
        upstream + "detectors: [{\(text)}]\n"
    }

    @Test(
        "A slip in detectors keeps the gateway from starting",
        arguments: [
            upstream + "detectors: {judge: {}}", upstream + "detectors: []",
            detectors("judges: {url: 'http://x/v1', model: m}"),
            detectors("judge: {url: 'http://x/v1', model: m}, moderation: {}"),
            detectors("judge: {model: m}"), detectors("judge: {url: 'ftp://x', model: m}"),
            detectors("judge: {url: 'http://x/v1'}"),
            detectors("judge: {url: 'http://x/v1', model: m, timeout: 2}"),
            detectors("judge: {url: 'http://x/v1', model: m, timeout: 0s}"),
            detectors("judge: {url: 'http://x/v1', model: m, timeout: 601s}"),
            detectors("judge: {url: 'http://x/v1', model: m, timeout: -1ms}"),
            detectors("judge: {url: 'http://x/v1', model: m, timeout: s}"),
            detectors("judge: {url: 'http://x/v1', model: m, key: env:NONE}"),
            detectors("judge: {url: 'http://x/v1', model: m, behaviors: []}"),
            detectors("judge: {url: 'http://x/v1', model: m, behaviors: a}"),
            detectors("judge: {url: 'http://x/v1', model: m, text_limit: 9}"),
            detectors("judge: {url: 'http://x/v1', model: m, in: everywhere}"),
            detectors(
                "judge: {url: 'http://x/v1', model: m}}, {judge: {url: 'http://y/v1', model: m}"),
            detectors("moderation: {url: 'http://x/v1'}"),
            detectors("moderation: {url: 'http://x/v1', categories: {}}"),
            detectors("moderation: {url: 'http://x/v1', categories: {violence: {at: 0.5}}}"),
            detectors(
                "moderation: {url: 'http://x/v1', categories: {violence: {behavior: a, at: 2}}}"),
            upstream + "detection: {budget: soon}", upstream + "detection: {windows: 1s}",
        ])
    func detectorSlips(text: String) {
        let reading = read(text)
        #expect(reading.value == nil || reading.diagnostics.contains { $0.severity == .error })
        #expect(reading.diagnostics.allSatisfy { $0.line == nil })
    }

    @Test("What the charter lacks cannot be looked for, and the nearest is named; all at once")
    func detectorBehaviors() throws {
        let text = """
            detectors:
              - judge: {url: 'http://x/v1', model: m, timeout: 200ms, behaviors: [eroticaa, erotica]}
              - moderation: {url: 'http://x/v1', categories: {a: {behavior: hateful_contents}, b: erotica}}
              - moderation: {name: other, url: 'http://x/v1', categories: {a: {behavior: erotica, value: onn}}}
            """
        let settings = try #require(read(Self.upstream + text).value)
        #expect(settings.detection.judges.map(\.timeout) == [.milliseconds(200)])
        #expect(settings.detection.moderations.map(\.name) == ["moderation", "other"])
        let told = Gateway.read(settings, at: Instant(seconds: 0)).diagnostics.filter {
            $0.severity == .error
        }
        #expect(told.map(\.position.line) == [3, 4, 5])
        #expect(
            told.map { $0.help ?? "" }.sorted() == [
                "did you mean `erotica`?", "did you mean `hateful_content`?", "did you mean `on`?",
            ])
    }

    @Test("Unsaid a judge looks for what nothing else looks for, and there must be something")
    func judgeOfTheRest() throws {
        let judge = Self.detectors("judge: {url: 'http://x/v1', model: m}")
        let settings = try #require(read(judge).value)
        let plan = try #require(Gateway.read(settings, at: Instant(seconds: 0)).value?.detectors)
        let looked = plan.judges.flatMap(\.groups).flatMap { $0 }
        #expect(looked.contains("sycophancy") && !looked.contains("erotica"))
        #expect(plan.judges[0].groups.count > 1)
    }

    @Test("Where settings are only looked at, a key that the environment lacks is a note")
    func lookedAt() {
        let text = Self.upstream + "operators: [{name: a, key: env:NOT_HERE}]"
        let source = SourceText(file: "charter.yaml", text: text)
        let reading = Settings.read(source, environment: [:], needsKeys: false)
        #expect(reading.value != nil && reading.diagnostics.map(\.severity) == [.note])
        #expect(Settings.read(source, environment: [:]).value == nil)
    }
}
