@testable import CharterEngine

/// The lines of layers, conversation and demands:
///
/// - `SCOPE: [ID] OP VALUE, … [from T] [until T] [when CONDITION]`, the behavior unsaid being the first
///   one, and SCOPE one of `root`, `platform`, `operator` (the innermost) or `operator 1` (the
///   outermost), each of the last three also with `template NAME`; `role NAME`, `channel NAME`,
///   `channel NAME role NAME`, `channel NAME member NAME`
/// - `role NAME: administrator`, `channel NAME: nothing`
/// - `assume SCOPE: CLAIM VALUE`, `believe SCOPE: CLAIM EVIDENCE`
/// - `user: ID VALUE`
/// - `say SPEAKER [implicitly]: ID VALUE`, `say SPEAKER [implicitly]: lend TOOL`
/// - `demand [explicit] [triggered] [SPEAKER]: ID [VALUE]`
extension SmallPolicy {
    mutating func add(_ line: String) throws {
        guard let colon = line.firstRange(of: ": ") else { throw Slip(line) }
        let scope = line[..<colon.lowerBound].split(separator: " ").map(String.init)
        let rest = String(line[colon.upperBound...])
        let words = rest.split(separator: " ").map(String.init)
        switch scope[0] {
        case "assume" where words.count == 2:
            let value = SmallPolicy.value(words[1])
            if scope[1] == "root" {
                assume[Text(words[0])] = value
            } else {
                try change(Array(scope.dropFirst())) { $0.assume[Text(words[0])] = value }
            }
        case "believe" where words.count == 2:
            guard let evidence = Evidence(named: words[1]) else { throw Slip(line) }
            try change(Array(scope.dropFirst())) { $0.believe[Text(words[0])] = evidence }
        case "user" where words.count == 2:
            user.settings.append(.init(BehaviorID(Text(words[0])), Text(words[1])))
        case "say" where words.count == 2:
            guard let speaker = Speaker(named: scope[1]) else { throw Slip(line) }
            instructions.append(
                Instruction(
                    from: speaker,
                    words[0] == "lend"
                        ? .delegate(tool: Text(words[1]))
                        : .set(BehaviorID(Text(words[0])), Text(words[1])),
                    isExplicit: scope.last != "implicitly"))
        case "demand":
            let speaker = scope.dropFirst().compactMap(Speaker.init(named:)).first
            demands.append(
                Demand(
                    BehaviorID(Text(words[0])), value: words.dropFirst().first.map { Text($0) },
                    isExplicit: scope.contains("explicit"),
                    isTriggered: scope.contains("triggered"), from: speaker ?? .assistant))
        default: try add(scope, rest)
        }
    }

    private mutating func add(_ scope: [String], _ text: String) throws {
        switch scope[0] {
        case "root":
            let adjustment = try adjustment(text)
            adjust(adjustment.behavior, adjustment)
        case "role":
            let adjustment = text == "administrator" ? nil : try adjustment(text)
            updateRole(Text(scope[1])) { role in
                if let adjustment {
                    role.adjust.append(adjustment)
                } else {
                    role.isAdministrator = true
                }
            }
        case "channel":
            let adjustment = text == "nothing" ? nil : try adjustment(text)
            updateChannel(Text(scope[1])) { channel in
                guard let adjustment else { return }
                switch scope.dropFirst(2).first {
                case "role": channel.roles[Text(scope[3]), default: []].append(adjustment)
                case "member": channel.members[Text(scope[3]), default: []].append(adjustment)
                default: channel.everyone.append(adjustment)
                }
            }
        default:
            let adjustment = try adjustment(text)
            try change(scope) { $0.adjust.append(adjustment) }
        }
    }

    private mutating func updateRole(_ name: Text, _ change: (inout Layer.Role) -> Void) {
        let last = operators.count - 1
        let place = operators[last].roles.firstIndex { $0.name == name }
        if place == nil { operators[last].roles.append(.init(name: name)) }
        change(&operators[last].roles[place ?? operators[last].roles.count - 1])
    }

    private mutating func updateChannel(_ name: Text, _ change: (inout Layer.Channel) -> Void) {
        let last = operators.count - 1
        let place = operators[last].channels.firstIndex { $0.name == name }
        if place == nil { operators[last].channels.append(.init(name: name)) }
        change(&operators[last].channels[place ?? operators[last].channels.count - 1])
    }

    /// Changes a layer, or a template of it that is made where it is first met.
    private mutating func change(
        _ scope: [String], _ change: (inout Layer.Template) -> Void
    ) throws {
        func apply(_ layer: inout Layer) {
            if let word = scope.firstIndex(of: "template") {
                let name = Text(scope[word + 1])
                let place = layer.templates.firstIndex { $0.name == name }
                if place == nil { layer.templates.append(.init(name: name)) }
                change(&layer.templates[place ?? layer.templates.count - 1])
            } else {
                var part = Layer.Template(name: "")
                (part.believe, part.assume, part.adjust) =
                    (layer.believe, layer.assume, layer.adjust)
                change(&part)
                (layer.believe, layer.assume, layer.adjust) =
                    (part.believe, part.assume, part.adjust)
            }
        }
        switch scope[0] {
        case "platform": apply(&platform)
        case "operator":
            let number = scope.dropFirst().first.flatMap { Int($0) } ?? operators.count
            apply(&operators[number - 1])
        default: throw Slip(scope.joined(separator: " "))
        }
    }

    private static func value(_ word: String) -> ClaimValue {
        if let number = Int64(word) { return .int(number) }
        return ["true", "false"].contains(word) ? .bool(word == "true") : .text(Text(word))
    }

    private func adjustment(_ text: String) throws -> Adjustment {
        var words = text.split(separator: " ").map(String.init)
        let said = behaviors.first { $0.id.description == words.first }
        if said != nil { words.removeFirst() }
        guard let behavior = said ?? behaviors.first else { throw Slip(text) }
        var adjustment = Adjustment(behavior.id)
        if let place = words.firstIndex(of: "when"), let when = text.firstRange(of: "when ") {
            adjustment.condition = try Condition(
                parsing: String(text[when.upperBound...]), claims: SmallPolicy.claims)
            words.removeSubrange(place...)
        }
        for (name, term) in [("from", \Adjustment.from), ("until", \Adjustment.until)] {
            guard let place = words.firstIndex(of: name) else { continue }
            guard let instant = Instant(parsing: words[place + 1]) else { throw Slip(text) }
            adjustment[keyPath: term] = instant
            words.removeSubrange(place...(place + 1))
        }
        for part in words.joined(separator: " ").split(separator: ", ") {
            let pair = part.split(separator: " ").map(String.init)
            guard pair.count == 2, let rank = behavior.rank(of: Text(pair[1])) else {
                throw Slip(text)
            }
            switch pair[0] {
            case "set": adjustment.set = rank
            case "allow": adjustment.allow = rank
            case "deny": adjustment.deny = rank
            case "forbid": adjustment.forbid = rank
            default: throw Slip(text)
            }
        }
        return adjustment
    }
}
