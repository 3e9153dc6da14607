internal import CharterEngine

/// Reads `claims` and `assume` (SEMANTICS §3), of charters and layers.
struct ClaimReader {
    /// The id of a value of the wrong form: `charter.bad-attribute` or `layer.bad-value`.
    let badValue: String

    /// The declarations of a map `{name: TYPE}`.
    func declarations(_ node: YAMLNode, _ findings: inout Findings) -> DeclaredClaims {
        var claims = DeclaredClaims()
        for (key, value) in pairs(node, "claims", &findings) {
            let type: ClaimType?
            switch value.content {
            case .scalar("int"): type = .int
            case .scalar("double"): type = .double
            case .scalar("bool"): type = .bool
            case .scalar("string"): type = .string
            case .sequence(let names):
                let texts = names.compactMap(\.scalar)
                type =
                    texts.isEmpty || texts.count < names.count
                    ? nil : .oneOf(texts.map { Text($0) })
            case .scalar, .mapping: type = nil
            }
            guard let type else {
                findings.add(
                    badValue, at: value.range, "this is no type of a claim",
                    help: NearestName.help(
                        for: value.scalar ?? "", among: ["int", "double", "bool", "string"])
                        ?? "write `int`, `double`, `bool`, `string` or a list of names")
                claims.misread.insert(Text(key.scalar ?? ""))
                continue
            }
            claims.types[Text(key.scalar ?? "")] = type
            findings.places.claims[Text(key.scalar ?? "")] = key.range
        }
        return claims
    }

    /// The presumptions of a map `{name: VALUE}`.
    func assumptions(
        _ node: YAMLNode, claims: DeclaredClaims, _ findings: inout Findings
    ) -> [Text: ClaimValue] {
        var assumed: [Text: ClaimValue] = [:]
        for (key, value) in pairs(node, "assume", &findings) {
            let name = key.scalar ?? ""
            guard let type = claims.types[Text(name)] else {
                unknownClaim(key, claims, &findings)
                continue
            }
            guard let text = value.scalar, let claim = ClaimReader.value(text, type) else {
                findings.add(
                    badValue, at: value.range, "this is no value of the claim `\(name)`",
                    reason: "the claim is \(ClaimReader.name(of: type))",
                    help: ClaimReader.suggestion(value.scalar ?? "", type))
                continue
            }
            assumed[Text(name)] = claim
            findings.places.assumed[Text(name)] = key.range
        }
        return assumed
    }

    func unknownClaim(
        _ key: YAMLNode, _ claims: DeclaredClaims, _ findings: inout Findings
    ) {
        let name = key.scalar ?? ""
        guard !claims.mayHave(Text(name)) else { return }
        findings.add(
            ConditionError.Code.unknownClaim.rawValue, at: key.range,
            "there is no claim `\(name)` here",
            help: NearestName.help(for: name, among: claims.types.keys.map(\.string))
                ?? "declare it under `claims`, here or above")
    }

    private func pairs(
        _ node: YAMLNode, _ key: String, _ findings: inout Findings
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, badValue, "`\(key)` is a map, not \(node.kind)",
            help: key == "claims" ? "write `claims: {age: int}`" : "write `assume: {age: 18}`")
    }

    /// What a scalar says where a value of the type is asked for.
    static func value(_ text: String, _ type: ClaimType) -> ClaimValue? {
        switch type {
        case .int, .double:
            // Swift's own reader also takes `0x12`, `nan` and `inf`.
            guard text.utf8.allSatisfy({ Array("0123456789+-.eE".utf8).contains($0) }) else {
                return nil
            }
        case .bool, .string, .enumerated: break
        }
        switch type {
        case .int:
            if let value = Int64(text) { return .int(value) }
            guard let value = Double(text), value.isFinite, let whole = Int64(exactly: value) else {
                return nil
            }
            return .int(whole)
        case .double:
            if let value = Int64(text) { return .int(value) }
            return Double(text).flatMap { $0.isFinite ? .double($0) : nil }
        case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .string: return .text(Text(text))
        case .enumerated(let names):
            return names.contains(Text(text)) ? .text(Text(text)) : nil
        }
    }

    private static func suggestion(_ text: String, _ type: ClaimType) -> String {
        switch type {
        case .int: "write a whole number, such as `18`"
        case .double: "write a number, such as `0.5`"
        case .bool: "write `true` or `false`"
        case .string: "write a text"
        case .enumerated(let names):
            NearestName.help(for: text, among: names.map(\.string)) ?? "write one of its names"
        }
    }

    /// How the type is written.
    static func spelled(_ type: ClaimType) -> String {
        switch type {
        case .int: "int"
        case .double: "double"
        case .bool: "bool"
        case .string: "string"
        case .enumerated(let names): "[" + names.map(\.string).joined(separator: ", ") + "]"
        }
    }

    /// What the claim is, for messages.
    static func name(of type: ClaimType) -> String {
        switch type {
        case .int: "an int"
        case .double: "a double"
        case .bool: "`true` or `false`"
        case .string: "a string"
        case .enumerated(let names): "one of " + names.map { "`\($0)`" }.joined(separator: ", ")
        }
    }
}
