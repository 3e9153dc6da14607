internal import CharterGateway
internal import HTTPTypes
internal import NIOHTTP1

/// The fields of a request's head, whichever library has read it.
protocol FieldList {
    /// The names of all fields.
    var names: [String] { get }
    /// The values of a field, in order.
    ///
    /// - Parameter name: in lower case.
    func values(_ name: String) -> [String]
}

extension FieldList {
    /// The values of a field as one (RFC 9110, 5.3); nil where there is none.
    func single(_ name: String) -> String? {
        let values = values(name)
        return values.count < 2 ? values.first : values.joined(separator: ", ")
    }

    /// Whether some field begins as those of Charter's own do.
    var hasOwnFields: Bool {
        names.contains { name in
            name.utf8.count > 8
                && zip(name.utf8, "charter-".utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
    }
}

extension HTTPFields: FieldList {
    var names: [String] { map(\.name.canonicalName) }

    func values(_ name: String) -> [String] {
        HTTPField.Name(name).map { self[values: $0] } ?? []
    }
}

extension HTTPHeaders: FieldList {
    var names: [String] { map(\.name) }

    func values(_ name: String) -> [String] { self[name] }
}
