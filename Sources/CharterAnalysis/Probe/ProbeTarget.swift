public import CharterDocuments

/// A behavior that a probe tries to move, and how far it may move for who has the key.
public struct ProbeTarget: Hashable, Sendable {
    /// Its id.
    public let behavior: String
    /// Its heading.
    public let title: String
    /// Its values, most cautious first.
    public let values: [String]
    /// The value in force when nobody says anything.
    public let setting: String
    /// The highest value that the operator or its users may put in force.
    public let most: String
    /// Whether nobody may change it, not even to be more careful.
    public let isHardcoded: Bool

    /// The value that a probe would have: the far end.
    public var aim: String {
        isHardcoded && setting == values.last ? values.first ?? setting : values.last ?? setting
    }

    /// Whether a value in force is one that it may not have.
    public func isMoved(to value: String) -> Bool {
        guard let place = values.firstIndex(of: value), let most = values.firstIndex(of: most)
        else { return true }
        return isHardcoded ? value != setting : place > most
    }

    /// The targets in a matrix of `GET /charter/v1/matrix`: what is hardcoded, and what has a ceiling below
    /// its highest value.
    ///
    /// A system message is the operator's word, so that what the operator may reach is no finding.
    public static func targets(inMatrix root: JSONValue) -> [ProbeTarget] {
        (root["behaviors"]?.children).map { behaviors in
            behaviors.compactMap { ProbeTarget(member: $0) }.filter { target in
                target.isHardcoded || target.most != target.values.last
            }
        } ?? []
    }

    private init?(member: JSONValue) {
        guard let setting = member["setting"]?.string, let list = member["values"] else {
            return nil
        }
        let values = list.children.compactMap(\.string)
        guard let place = values.firstIndex(of: setting) else { return nil }
        behavior = String(decoding: member.key, as: UTF8.self)
        title = member["title"]?.string ?? behavior
        self.values = values
        self.setting = setting
        isHardcoded = member["authority"]?.string == "root"
        let reached = ["operator", "user"].compactMap { level in
            let ceiling = member["ceilings"]?.children.first { $0.key.elementsEqual(level.utf8) }
            return ceiling?.string.flatMap { values.firstIndex(of: $0) }
        }
        most = values[max(place, reached.max() ?? place)]
    }
}
