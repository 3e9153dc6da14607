@testable import CharterEngine

/// A charter of a few behaviors with layers and a conversation, in a notation that fits a table's row.
///
/// A behavior is `id key=value …` with the keys of SEMANTICS §2, and `values=a,b`, `bounds=level:value,…`
/// and `conflicts=id,…`; without values it is the dial referral < label < ranges < exact.
struct SmallPolicy {
    private(set) var behaviors: [Behavior]
    var assume: [Text: ClaimValue] = [:]
    var platform = Layer(name: "platform")
    /// Outermost first.
    var operators: [Layer]
    var user = UserLayer(name: "user")
    var instructions: [Instruction] = []
    var demands: [Demand] = []

    static let claims: [Text: ClaimType] = [
        "age": .int, "member": .bool, "score": .double, "region": .string,
        "profession": .oneOf(["nurse", "physician"]), "former": .oneOf(["physician", "nurse"]),
        "position": .oneOf(["nurse", "chief"]),
    ]

    /// What is not of the notation.
    struct Slip: Error {
        var text: String

        init(_ text: some StringProtocol) { self.text = String(text) }
    }

    init(_ behaviors: [String], _ lines: [String] = [], operators: Int = 1) throws {
        self.behaviors = try behaviors.map(SmallPolicy.behavior)
        self.operators = (0..<operators).map { Layer(name: Text("operator \($0 + 1)")) }
        for line in lines { try add(line) }
    }

    init(_ behavior: String, _ lines: [String] = [], operators: Int = 1) throws {
        try self.init([behavior], lines, operators: operators)
    }

    func compiled() throws -> Policy {
        let charter = Charter(behaviors: behaviors, claims: SmallPolicy.claims, assume: assume)
        guard let charter else { throw Slip("two behaviors of one id") }
        return try Policy.compile(charter, .init(platform: platform, operators: operators))
    }

    /// With its trail; the conversation and the demands of the lines are added to the request's.
    func decide(_ request: Request = Request()) throws -> Decision {
        var request = request
        request.instructions += instructions
        request.demands += demands
        return try compiled().decide(request, user: user, withTrail: true)
    }

    mutating func adjust(_ behavior: BehaviorID, _ adjustment: Adjustment) {
        for place in behaviors.indices where behaviors[place].id == behavior {
            behaviors[place].adjust.append(adjustment)
        }
    }

    static func behavior(_ text: String) throws -> Behavior {
        let parts = text.split(separator: " ")
        guard let id = parts.first, !id.contains("=") else { throw Slip(text) }
        var said: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { throw Slip(part) }
            said[pair[0]] = pair[1]
        }
        let names = (said["values"] ?? "referral,label,ranges,exact").split(separator: ",")
        let kind: Behavior.Kind =
            said["duty"] == "true" ? .duty : Set(names) == ["off", "on"] ? .switch : .dial
        let draft = Behavior(
            id: BehaviorID(Text(String(id))), title: String(id), kind: kind,
            values: names.map { Text(String($0)) },
            authority: try read(said["authority"], unsaid: .root, Authority.init(named:)),
            default: .cautious)
        var behavior = draft
        behavior.default = try read(said["default"], unsaid: .cautious) { draft.rank(of: Text($0)) }
        behavior.tier = try read(said["tier"], unsaid: .guidelines, Tier.init(rawValue:))
        behavior.otherwise = try read(said["otherwise"], unsaid: .guide, Act.init(rawValue:))
        behavior.evidence = try read(said["evidence"], unsaid: .vouched, Evidence.init(named:))
        behavior.believable = try read(
            said["believable"], unsaid: behavior.evidence, Evidence.init(named:))
        behavior.bounds = try levels(said["bounds"], draft)
        behavior.delegable = try levels(said["delegable"], draft)
        behavior.conflicts = (said["conflicts"] ?? "").split(separator: ",")
            .map { BehaviorID(Text(String($0))) }
        return behavior
    }

    /// `bounds` and `delegable`; a level alone names the top.
    private static func levels(_ text: String?, _ behavior: Behavior) throws -> [Level: Rank] {
        var map: [Level: Rank] = [:]
        for part in (text ?? "").split(separator: ",") {
            let pair = part.split(separator: ":").map(String.init)
            guard let level = Level(named: pair[0]) else { throw Slip(part) }
            map[level] = try read(pair.dropFirst().first, unsaid: behavior.top) {
                behavior.rank(of: Text($0))
            }
        }
        return map
    }

    static func read<Value>(
        _ text: String?, unsaid: Value, _ reading: (String) -> Value?
    ) throws -> Value {
        guard let text else { return unsaid }
        guard let value = reading(text) else { throw Slip(text) }
        return value
    }
}
