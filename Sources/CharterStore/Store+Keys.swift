internal import Crypto
internal import Foundation
internal import GRDB

/// A key of an operator's, without its secret.
public struct StoredKey: Sendable, Hashable {
    /// What it is called by; part of the key, and no secret.
    public let id: String
    /// The operator of the settings that speaks by it.
    public let operatorName: String
    /// The models that may be asked for; nil: any.
    public let models: [String]?
    /// For people.
    public let note: String?
    /// In seconds since 1970.
    public let created: Int64
    /// In seconds since 1970; nil: never.
    public let expires: Int64?
    /// In seconds since 1970; nil: it is not.
    public let revoked: Int64?
    fileprivate let hash: [UInt8]

    /// What a key is at a moment.
    public enum State: String, Sendable {
        case active, expired, revoked
    }

    /// What it is at a moment, in seconds since 1970.
    public func state(at now: Int64) -> State {
        if revoked.map({ $0 <= now }) ?? false { return .revoked }
        return expires.map { $0 <= now } ?? false ? .expired : .active
    }

    fileprivate init(_ row: Row) {
        id = row["id"]
        hash = Array(row["hash"] as Data)
        operatorName = row["operator"]
        models = (row["models"] as String?)?.split(separator: "\n").map(String.init)
        note = row["note"]
        created = row["created"]
        expires = row["expires"]
        revoked = row["revoked"]
    }
}

/// A key as it is written: `charter_ID_SECRET`.
public struct KeyText: Sendable {
    /// The key that it says it is.
    public let id: String
    let secret: String

    private static let prefix = "charter_"

    /// Takes a text apart; nil where it is no key of a store's. O(its bytes).
    public init?(_ text: String) {
        guard text.utf8.count <= 100, text.hasPrefix(KeyText.prefix) else { return nil }
        let parts = text.dropFirst(KeyText.prefix.utf8.count).split(separator: "_")
        guard parts.count == 2, parts[0].utf8.count == 16, parts[1].utf8.count == 64 else {
            return nil
        }
        id = String(parts[0])
        secret = String(parts[1])
    }

    /// A new one: 64 random bits of a name, 256 of a secret.
    fileprivate init() {
        func digits(_ bytes: Int) -> String {
            var generator = SystemRandomNumberGenerator()
            return (0..<bytes).map { _ in
                let byte = UInt8.random(in: .min ... .max, using: &generator)
                return String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
        }
        id = digits(8)
        secret = digits(32)
    }

    fileprivate var text: String { "\(KeyText.prefix)\(id)_\(secret)" }
}

extension Store {
    private static let purpose = "key"

    /// Makes a key; what it returns is to be shown once, and is nowhere else.
    ///
    /// - Parameters:
    ///   - models: the models that may be asked for; nil: any.
    ///   - now: in seconds since 1970, as `expires`.
    public func createKey(
        operator operatorName: String, models: [String]? = nil, note: String? = nil,
        expires: Int64? = nil, at now: Int64
    ) throws(Failure) -> (key: StoredKey, text: String) {
        try write { database in
            try insert(operatorName, models, note, expires, now, database)
        }
    }

    /// All keys, the newest last.
    public func keys() throws(Failure) -> [StoredKey] {
        do {
            return try database.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM keys ORDER BY created, id").map(
                    StoredKey.init)
            }
        } catch {
            throw Store.failure(error)
        }
    }

    /// Makes a key like another one, which ends after the overlap; nil where there is no such key, or it
    /// counts no more.
    public func rotateKey(
        _ id: String, overlapSeconds: Int64, at now: Int64
    ) throws(Failure) -> (key: StoredKey, text: String)? {
        try write { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM keys WHERE id = ?", arguments: [id])
            guard let old = row.map(StoredKey.init), old.state(at: now) == .active else {
                return nil
            }
            let end = min(old.expires ?? .max, now + overlapSeconds)
            try database.execute(
                sql: "UPDATE keys SET expires = ? WHERE id = ?", arguments: [end, id])
            return try insert(old.operatorName, old.models, old.note, old.expires, now, database)
        }
    }

    /// Ends a key at once; false where there is no such key, or it was revoked before.
    public func revokeKey(_ id: String, at now: Int64) throws(Failure) -> Bool {
        try write { database in
            try database.execute(
                sql: "UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL",
                arguments: [now, id])
            return database.changesCount > 0
        }
    }

    /// Whether a text has the secret of a key; in constant time.
    public func matches(_ text: KeyText, _ key: StoredKey) -> Bool {
        guard text.id == key.id else { return false }
        let found = hash(text.secret.utf8, purpose: Store.purpose)
        return zip(found, key.hash).reduce(found.count ^ key.hash.count) { $0 | Int($1.0 ^ $1.1) }
            == 0
    }

    private func insert(
        _ operatorName: String, _ models: [String]?, _ note: String?, _ expires: Int64?,
        _ now: Int64, _ database: Database
    ) throws -> (key: StoredKey, text: String) {
        let text = KeyText()
        try database.execute(
            sql: """
                INSERT INTO keys (id, hash, operator, models, note, created, expires)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                text.id, Data(hash(text.secret.utf8, purpose: Store.purpose)), operatorName,
                models?.joined(separator: "\n"), note, now, expires,
            ])
        let row = try Row.fetchOne(
            database, sql: "SELECT * FROM keys WHERE id = ?", arguments: [text.id])
        guard let row else { throw Failure(message: "the key was not written") }
        return (StoredKey(row), text.text)
    }

    func write<Value>(_ body: (Database) throws -> Value) throws(Failure) -> Value {
        do { return try database.write(body) } catch {
            throw error as? Failure ?? Store.failure(error)
        }
    }
}
