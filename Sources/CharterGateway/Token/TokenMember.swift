internal import CharterDocuments

/// A member of what a token says: by its name, or by a JSON Pointer (RFC 6901) that begins with `/`.
public struct TokenMember: Sendable, Hashable {
    private let path: [String]

    /// A name such as `sub` or `https://id.example/age`, or a pointer such as `/realm_access/roles`.
    public init(_ text: String) {
        guard text.hasPrefix("/") else {
            path = [text]
            return
        }
        path = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The value at the place; nil where there is none.
    func value(in content: JSONValue) -> JSONValue? {
        var value = content
        for name in path {
            guard value.kind == .object,
                let next = value.children.first(where: { $0.key.elementsEqual(name.utf8) })
            else { return nil }
            value = next
        }
        return value
    }
}
