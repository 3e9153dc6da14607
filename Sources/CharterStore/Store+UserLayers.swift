internal import Foundation
internal import GRDB

extension Store {
    private static let purpose = "user"

    /// The most bytes of a user's layer.
    public static let largestUserLayer = 64 << 10

    /// Keeps the layer of an operator's user, in place of any before.
    ///
    /// - Parameter layer: the document as it came; whoever keeps it has checked it.
    public func putLayer(
        _ layer: [UInt8], ofUser user: String, operator operatorName: String, at now: Int64
    ) throws(Failure) {
        let hash = Data(userHash(user, operatorName))
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO user_layers (operator, user, layer, changed) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET layer = excluded.layer, changed = excluded.changed
                    """, arguments: [operatorName, hash, Data(layer), now])
        }
    }

    /// The layer of an operator's user; nil where there is none.
    public func layer(
        ofUser user: String, operator operatorName: String
    ) throws(Failure) -> [UInt8]? {
        let hash = Data(userHash(user, operatorName))
        do {
            return try database.read { database in
                try Data.fetchOne(
                    database,
                    sql: "SELECT layer FROM user_layers WHERE operator = ? AND user = ?",
                    arguments: [operatorName, hash]
                ).map { Array($0) }
            }
        } catch {
            throw Store.failure(error)
        }
    }

    /// Takes the layer of an operator's user away; false where there was none.
    public func removeLayer(
        ofUser user: String, operator operatorName: String
    ) throws(Failure) -> Bool {
        let hash = Data(userHash(user, operatorName))
        return try write { database in
            try database.execute(
                sql: "DELETE FROM user_layers WHERE operator = ? AND user = ?",
                arguments: [operatorName, hash])
            return database.changesCount > 0
        }
    }

    /// What stands for a user wherever something is kept: the same user of another operator is another.
    public func userHash(_ user: String, _ operatorName: String) -> [UInt8] {
        hash(Array(operatorName.utf8) + [0] + Array(user.utf8), purpose: Store.purpose)
    }
}
