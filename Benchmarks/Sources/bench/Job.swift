import CharterEngine

/// The job that every figure is about: 64 behaviors (48 switches, 16 dials of four values), one
/// operator layer of 40 adjustments (14 for everyone, 14 on 4 roles, 6 on 2 channels, 6 on a role in
/// a channel), 8 of them under a condition on claims; a user with 2 roles in one channel.
struct Job {
    let charter: Charter
    let layer: Layer
    let request: Request

    static let claims: [Text: ClaimType] = [
        "age": .int, "score": .double, "member": .bool, "region": .string,
        "profession": .oneOf(["nurse", "physician", "lawyer"]), "level": .int, "years": .int,
        "verified": .bool, "plan": .oneOf(["free", "paid"]), "seats": .int,
    ]

    private static let conditions = [
        "claims.age >= 18", "claims.member", "claims.profession == 'nurse'",
        "claims.age >= 21 && claims.member", "claims.score > 0.5",
        "claims.profession in ['nurse', 'physician']", "claims.level >= 3 || claims.years > 5",
        "!claims.verified",
    ]

    init() throws {
        var behaviors: [Behavior] = []
        for number in 0..<64 {
            let isDial = number >= 48
            behaviors.append(
                Behavior(
                    id: Job.id(number), title: "Behavior \(number)", kind: isDial ? .dial : .switch,
                    values: isDial ? ["none", "low", "middle", "high"] : ["off", "on"],
                    authority: number % 3 == 0 ? .user : .operator, default: .cautious))
        }
        for number in behaviors.indices where number % 3 != 0 {
            behaviors[number].delegable = [.user: behaviors[number].top]
        }
        charter = try Job.some(Charter(behaviors: behaviors, claims: Job.claims))
        layer = try Job.layer()
        request = Request(
            user: "somebody", roles: ["role1", "role3"], channel: "channel0",
            claims: [
                "age": Claim(.int(34), .verified), "member": Claim(.bool(true), .vouched),
                "profession": Claim(.text("nurse"), .vouched),
                "score": Claim(.double(0.7), .vouched),
                "level": Claim(.int(2), .vouched), "verified": Claim(.bool(false), .vouched),
            ])
    }

    static func id(_ number: Int) -> BehaviorID { BehaviorID(Text("behavior_\(number)")) }

    /// A layer of 40 adjustments; `variant` moves them to other behaviors.
    static func layer(_ variant: Int = 0) throws -> Layer {
        var layer = Layer(name: Text("operator_\(variant)"), file: "operator.yaml")
        var place = variant
        var number = 0
        func next() throws -> Adjustment {
            defer {
                number += 1
                place += 5
            }
            let top = place % 64 >= 48 ? 3 : 1
            let value = try some(Rank(number % top + 1))
            var adjustment = Adjustment(id(place % 64))
            switch number % 4 {
            case 0: adjustment.set = value
            case 1: adjustment.allow = value
            case 2: adjustment.deny = value
            default:
                adjustment.set = value
                adjustment.allow = value
            }
            if number % 5 == 4 {
                adjustment.condition = try Condition(
                    parsing: conditions[number / 5 % 8], claims: claims)
            }
            adjustment.source = SourcePosition(line: 10 + number, column: 3)
            return adjustment
        }
        for _ in 0..<14 { layer.adjust.append(try next()) }
        for role in 0..<4 {
            var part = Layer.Role(name: Text("role\(role)"))
            for _ in 0..<(role < 2 ? 4 : 3) { part.adjust.append(try next()) }
            layer.roles.append(part)
        }
        for channel in 0..<2 {
            var part = Layer.Channel(name: Text("channel\(channel)"))
            for _ in 0..<3 { part.everyone.append(try next()) }
            for role in 0..<3 { part.roles[Text("role\(role)")] = [try next()] }
            layer.channels.append(part)
        }
        return layer
    }

    static func some<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }

    struct Missing: Error {}
}
