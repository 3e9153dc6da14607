import CharterStore
import Foundation
import GRDB
import Testing

/// What is kept outlives the process, and who has the file alone can use none of it.
@Suite("The store")
struct StoreTests {
    private static let secret = "a secret of more than thirty-two bytes, for tests"

    private func path() -> String {
        FileManager.default.temporaryDirectory.appending(path: "charter-store-\(UUID()).sqlite")
            .path
    }

    private func withStore(_ body: (Store, String) throws -> Void) throws {
        let path = self.path()
        defer {
            for end in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + end)
            }
        }
        try body(try Store(path: path, secret: Self.secret), path)
    }

    @Test("A key is found by its text alone, and again in another process")
    func keys() throws {
        try withStore { store, path in
            let made = try store.createKey(operator: "a", models: ["m", "n"], note: "x", at: 100)
            let text = try #require(KeyText(made.text))
            #expect(text.id == made.key.id && store.matches(text, made.key))
            let again = try Store(path: path, secret: Self.secret)
            #expect(try again.keys() == [made.key])
            #expect(made.key.models == ["m", "n"])
            let other = try Store(path: path, secret: Self.secret + "!")
            #expect(!other.matches(text, made.key), "another secret finds nothing")
            let second = try store.createKey(operator: "a", at: 101)
            #expect(!store.matches(text, second.key) && second.text != made.text)
        }
    }

    @Test("Of a rotation both keys count for the overlap, and of a revoked one none")
    func rotation() throws {
        try withStore { store, _ in
            let old = try store.createKey(operator: "a", expires: 1_000, at: 100).key
            let new = try #require(try store.rotateKey(old.id, overlapSeconds: 50, at: 200)).key
            func state(_ id: String, _ now: Int64) throws -> StoredKey.State? {
                try store.keys().first { $0.id == id }?.state(at: now)
            }
            #expect(try state(old.id, 249) == .active && state(old.id, 250) == .expired)
            #expect(try state(new.id, 999) == .active && state(new.id, 1_000) == .expired)
            #expect(try store.rotateKey(old.id, overlapSeconds: 50, at: 260) == nil)
            #expect(try store.revokeKey(new.id, at: 300))
            #expect(try !store.revokeKey(new.id, at: 300) && !store.revokeKey("none", at: 300))
            #expect(try state(new.id, 300) == .revoked)
            let late = try store.createKey(operator: "a", expires: 500, at: 400).key
            _ = try store.rotateKey(late.id, overlapSeconds: 9_999, at: 450)
            #expect(try state(late.id, 500) == .expired, "an overlap makes no key longer")
        }
    }

    @Test("A user's layer is kept by operator, and neither id nor key is in the file")
    func userLayers() throws {
        try withStore { store, path in
            let layer = Array("layer: user".utf8)
            try store.putLayer(layer, ofUser: "somebody@example.com", operator: "a", at: 1)
            #expect(try store.layer(ofUser: "somebody@example.com", operator: "a") == layer)
            #expect(try store.layer(ofUser: "somebody@example.com", operator: "b") == nil)
            #expect(store.userHash("b", "a") != store.userHash("", "ab"), "no two run together")
            try store.putLayer([1], ofUser: "somebody@example.com", operator: "a", at: 2)
            #expect(try store.layer(ofUser: "somebody@example.com", operator: "a") == [1])
            let made = try store.createKey(operator: "a", at: 1)
            let secret = try #require(made.text.split(separator: "_").last)
            for end in ["", "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: path + end))
                #expect(bytes.range(of: Data("somebody".utf8)) == nil)
                #expect(bytes.range(of: Data(secret.utf8)) == nil)
            }
            #expect(try store.removeLayer(ofUser: "somebody@example.com", operator: "a"))
            #expect(try !store.removeLayer(ofUser: "somebody@example.com", operator: "a"))
        }
    }

    @Test("What is acknowledged is on disk: the file is synchronized at each commit")
    func durability() throws {
        try withStore { store, path in
            _ = try store.createKey(operator: "a", at: 1)
            // GRDB's own setting is NORMAL in this mode, which a power cut may undo.
            let pool = try DatabasePool(path: path)
            let mode = try pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
            #expect(mode == "wal" && store.isSynchronizedFully)
        }
    }

    @Test("A short secret, no folder and no database are told, and what is stored is not")
    func failures() throws {
        #expect(throws: Store.Failure.self) { try Store(path: self.path(), secret: "short") }
        #expect(throws: Store.Failure.self) {
            try Store(path: "/nowhere/charter.sqlite", secret: Self.secret)
        }
        let path = self.path()
        try Data(repeating: 7, count: 4_096).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: Store.Failure.self) { try Store(path: path, secret: Self.secret) }
    }

    @Test(
        "What is no key is none",
        arguments: [
            "", "charter_", "charter_a_b", "charter_0123456789abcdef_short",
            "Charter_0123456789abcdef_" + String(repeating: "a", count: 64),
            "charter_0123456789abcdef_" + String(repeating: "a", count: 65),
        ])
    func texts(text: String) {
        #expect(KeyText(text) == nil)
    }
}
