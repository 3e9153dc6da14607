import CharterGateway
import Logging
import Synchronization
import Testing

@testable import CharterServer

/// However many tokens ask for a key, an issuer is asked once at a time, and no more often than it may be.
@Suite("An issuer's keys")
struct KeySetCacheTests {
    /// Counts how often it is asked, and gives out the keys of the day.
    private final class Issuer: KeySetSource {
        private let state = Mutex((asked: 0, running: 0, most: 0, names: ["k1"], isAway: false))
        let interval: Duration
        private let delay: Duration

        init(interval: Duration = .milliseconds(200), delay: Duration = .milliseconds(20)) {
            self.interval = interval
            self.delay = delay
        }

        var asked: Int { state.withLock { $0.asked } }
        /// The most that went on at once.
        var most: Int { state.withLock { $0.most } }

        func publish(_ names: [String]) { state.withLock { $0.names = names } }
        func goAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

        func fetch() async throws(KeySet.Malformed) -> KeySet {
            let (names, isAway) = state.withLock { state in
                state.asked += 1
                state.running += 1
                state.most = max(state.most, state.running)
                return (state.names, state.isAway)
            }
            try? await Task.sleep(for: delay)
            state.withLock { $0.running -= 1 }
            if isAway { throw KeySet.Malformed(message: "it is away") }
            return try await KeySetCacheTests.keySet(names)
        }
    }

    /// The same point under several names: what is tested is who is asked, and not what is signed.
    private static func keySet(_ names: [String]) async throws(KeySet.Malformed) -> KeySet {
        let keys = names.map { name in
            #"{"kty":"OKP","crv":"Ed25519","kid":"\#(name)","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        }
        return try await KeySet(
            Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8), [.edDSA])
    }

    private func cache(
        _ issuer: Issuer, refresh: Duration = .seconds(60), maxAge: Duration = .seconds(600)
    ) -> KeySetCache {
        KeySetCache(
            issuer, issuer: "i", refresh: refresh, maxAge: maxAge,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A token that names a key; nobody signed it.
    private func token(_ kid: String) throws -> SignedToken {
        func encoded(_ text: String) -> String {
            let alphabet = Array(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            var bits = text.utf8.flatMap { byte in (0..<8).map { Int(byte >> (7 - $0) & 1) } }
            while bits.count % 6 != 0 { bits.append(0) }
            return String(
                stride(from: 0, to: bits.count, by: 6).map { start in
                    alphabet[bits[start..<(start + 6)].reduce(0) { $0 << 1 | $1 }]
                })
        }
        let head = encoded(#"{"alg":"EdDSA","kid":"\#(kid)"}"#)
        return try SignedToken(Array("\(head).\(encoded("{}")).AAAA".utf8))
    }

    @Test("A hundred tokens of one key are one question")
    func together() async throws {
        let issuer = Issuer()
        let cache = cache(issuer)
        let token = try token("k1")
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { _ = try? await cache.keys(for: token) } }
        }
        #expect(issuer.asked == 1 && issuer.most == 1)
        _ = try await cache.keys(for: token)
        #expect(issuer.asked == 1)
    }

    @Test(
        "A hundred unknown keys cost the issuer its interval each time, and one question at a time")
    func unknown() async throws {
        let issuer = Issuer()
        let cache = cache(issuer)
        _ = try await cache.keys(for: try token("k1"))
        let began = ContinuousClock.now
        let tokens = try (0..<100).map { try token("nobody's \($0)") }
        await withTaskGroup { group in
            for token in tokens { group.addTask { _ = try? await cache.keys(for: token) } }
        }
        let intervals = (ContinuousClock.now - began) / issuer.interval
        #expect(Double(issuer.asked - 1) <= intervals + 1 && issuer.most == 1)
    }

    @Test("Who joins a question that began before a key was published asks again")
    func published() async throws {
        let issuer = Issuer(delay: .milliseconds(300))
        let cache = cache(issuer)
        let (first, second) = (try token("k1"), try token("k2"))
        let early = Task { try await cache.keys(for: first) }
        while issuer.asked == 0 { await Task.yield() }
        issuer.publish(["k1", "k2"])
        #expect(try await cache.keys(for: second).keySet.mayHaveSigned(second))
        _ = try await early.value
        #expect(issuer.asked == 2)
    }

    @Test("Old keys stay while the issuer is away")
    func away() async throws {
        let issuer = Issuer(interval: .zero, delay: .zero)
        let cache = cache(issuer, refresh: .zero)
        let (known, unknown) = (try token("k1"), try token("k2"))
        let generation = try await cache.keys(for: known).generation
        issuer.goAway(true)
        for token in [known, unknown, known] {
            #expect(try await cache.keys(for: token).generation >= generation)
        }
        #expect(cache.failure == "it is away")
        issuer.goAway(false)
        issuer.publish(["k2"])
        #expect(try await cache.keys(for: unknown).generation > generation)
    }

    @Test("Keys that are too old are none, and come back with the issuer")
    func tooOld() async throws {
        let issuer = Issuer(interval: .zero, delay: .zero)
        let cache = cache(issuer, refresh: .zero, maxAge: .zero)
        let token = try token("k1")
        _ = try await cache.keys(for: token)
        issuer.goAway(true)
        #expect(cache.held() == nil)
        await #expect(throws: TokenError.keysUnavailable) { try await cache.keys(for: token) }
        issuer.goAway(false)
        #expect(try await cache.keys(for: token).keySet.mayHaveSigned(token))
        #expect(cache.failure == nil)
    }

    @Test(
        "Keys that are not to be used are told, and a set without others is none",
        arguments: [
            (#"{"kty":"oct","k":"AAAA"}"#, "secret"),
            (#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "2048"),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, "point"),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AA","use":"enc"}"#, "signatures"),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AA","alg":7}"#, "another algorithm"),
            (#"{"kty":"OKP","crv":"X25519","x":"AA"}"#, "kind"), ("7", "no object"),
            (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "do not list"),
        ])
    func unused(key: String, reason: String) async throws {
        let alone = await #expect(throws: KeySet.Malformed.self) {
            try await KeySet(Array("{\"keys\":[\(key)]}".utf8), [.edDSA, .rs256])
        }
        #expect(alone?.message.contains(reason) == true, "\(alone?.message ?? "")")
        let good =
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        let set = try await KeySet(
            Array("{\"keys\":[\(key),\(good)]}".utf8), [.edDSA, .rs256])
        #expect(set.unused.map(\.place) == ["keys[0]"])
    }
}
