internal import Crypto
internal import Foundation
internal import GRDB

/// A file of SQLite with keys and users' layers.
public struct Store: Sendable {
    let database: DatabasePool
    private let secret: SymmetricKey

    /// The fewest bytes of a secret.
    public static let shortestSecret = 32

    /// Why a store cannot be used; nothing that is stored is in it.
    public struct Failure: Error, Sendable {
        /// One sentence without a full stop.
        public let message: String
    }

    /// Opens a store, or makes one.
    ///
    /// - Parameters:
    ///   - path: the file; its folder has to be there.
    ///   - secret: what is hashed is hashed with it: another one finds nothing.
    public init(path: String, secret: String) throws(Failure) {
        guard secret.utf8.count >= Store.shortestSecret else {
            throw Failure(message: "the secret has fewer than \(Store.shortestSecret) bytes")
        }
        self.secret = SymmetricKey(data: Array(secret.utf8))
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            database = try DatabasePool(path: path, configuration: configuration)
            // What is acknowledged survives a power cut; GRDB's own setting does not promise that.
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            guard isSynchronizedFully else {
                throw Failure(message: "SQLite does not promise to keep what is written")
            }
            try Store.migrator.migrate(database)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw error as? Failure ?? Store.failure(error)
        }
    }

    /// Whether a commit that was acknowledged survives a power cut.
    public var isSynchronizedFully: Bool {
        let full = 2
        return
            (try? database.writeWithoutTransaction { database in
                try Int.fetchOne(database, sql: "PRAGMA synchronous") == full
            }) ?? false
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("keys and users' layers") { database in
            try database.execute(
                sql: """
                    CREATE TABLE keys (
                        id TEXT PRIMARY KEY NOT NULL,
                        hash BLOB NOT NULL,
                        operator TEXT NOT NULL,
                        models TEXT,
                        note TEXT,
                        created INTEGER NOT NULL,
                        expires INTEGER,
                        revoked INTEGER
                    ) STRICT;
                    CREATE TABLE user_layers (
                        operator TEXT NOT NULL,
                        user BLOB NOT NULL,
                        layer BLOB NOT NULL,
                        changed INTEGER NOT NULL,
                        PRIMARY KEY (operator, user)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        return migrator
    }

    /// A keyed hash; the purpose keeps hashes of one kind from being taken for another's.
    func hash(_ bytes: some Sequence<UInt8>, purpose: String) -> [UInt8] {
        var authentication = HMAC<SHA256>(key: secret)
        authentication.update(data: Array(purpose.utf8) + [0] + Array(bytes))
        return Array(authentication.finalize())
    }

    static func failure(_ error: any Error) -> Failure {
        guard let error = error as? DatabaseError else {
            return Failure(message: "the store cannot be opened or written")
        }
        return Failure(message: "SQLite says \(error.resultCode.rawValue): \(error.resultCode)")
    }
}
