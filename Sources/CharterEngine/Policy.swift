/// A charter with the platform's and the operators' layers, compiled: immutable and cheap to ask.
///
/// Compile once, decide many times, from any thread. Policies of one charter share its storage. The
/// user's own layer is not part of a policy; it comes with each question.
public final class Policy: Sendable {
    /// The charter that it was compiled from.
    public let charter: Charter
    /// The SHA-256 of the documents that it was compiled from, where they were documents.
    public let digest: Digest?
    /// The names of the innermost operator's roles, in the layer's order.
    public let roles: [Text]
    let actors: [CompiledActor]
    let claims: ClaimTable
    let rolePlaces: [Text: Int]
    let administrators: Set<Int>
    let channels: [Text: Int]
    /// The number of scopes; the user's are the last two.
    let scopeCount: Int

    /// The layers of a policy, outermost operator first.
    public struct Layers: Sendable {
        public var platform: Layer?
        public var operators: [Layer]

        public init(platform: Layer? = nil, operators: [Layer] = []) {
            self.platform = platform
            self.operators = operators
        }
    }

    /// The most operators in a chain.
    public static let mostOperators = 4

    /// Compiles a charter with its layers; O(size of the documents).
    ///
    /// - Parameter digest: of the documents, which the policy carries.
    /// - Throws: where the layers do not fit the charter or each other. Layers that
    ///   `CharterDocuments` has read have been checked before.
    public static func compile(
        _ charter: Charter, _ layers: Layers = .init(), digest: Digest? = nil
    ) throws(PolicyError) -> Policy {
        var compiler = try Compiler(charter, layers)
        try compiler.compile(layers)
        return Policy(compiler, digest)
    }

    private init(_ compiler: Compiler, _ digest: Digest?) {
        charter = compiler.charter
        self.digest = digest
        roles = compiler.roles
        actors = compiler.actors
        claims = compiler.claims
        rolePlaces = compiler.rolePlaces
        administrators = compiler.administrators
        channels = compiler.channels
        scopeCount = compiler.scopeCount
    }

    /// Interns a request: names become slots of this policy; O(claims + roles).
    ///
    /// - Throws: where the innermost operator lists channels, and neither this one nor `*`.
    public func facts(of request: Request) throws(RequestError) -> Facts {
        var facts = Facts()
        facts.channel = request.channel
        facts.surface = request.surface
        facts.model = request.model
        facts.language = request.language
        facts.at = request.at
        facts.user = request.user
        facts.claims = Array(repeating: nil, count: claims.types.count)
        for (name, claim) in request.claims {
            guard let slot = claims.slots[name] else { continue }
            facts.claims[slot.number] = Facts.Cell(
                value: TypedValue(claim.value, claims.types[slot.number]), evidence: claim.evidence)
        }
        facts.roles = Set(request.roles.compactMap { rolePlaces[$0] }).sorted()
        if let channel = request.channel, !channels.isEmpty {
            guard let place = channels[channel] ?? channels["*"] else {
                throw RequestError.unknownChannel
            }
            facts.channelPlace = place
        }
        return facts
    }

    /// A refused step that names what the charter lacks.
    func unknownStep(
        _ behavior: BehaviorID, _ scope: Scope, _ value: Step.Value, _ reason: Reason,
        origin: Step.Origin = .init()
    ) -> Step {
        let place: Int
        switch scope {
        case .user: place = scopeCount - 2
        case .userInstruction: place = scopeCount - 1
        case .demand: place = scopeCount
        default:
            place = actors.flatMap(\.scopes).last { $0.scope == scope }?.place ?? scopeCount
        }
        return Step(
            behavior: behavior, scope: scope, place: place, origin: origin, operation: .set,
            value: value, reason: reason, setting: .none)
    }
}

/// A SHA-256, 32 bytes.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// `sha256:` and 64 hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef")
        return "sha256:"
            + String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

/// Layers that do not fit the charter or each other.
public enum PolicyError: Error, Hashable, Sendable {
    case unknownBehavior(BehaviorID)
    /// A rank that the behavior does not have, or a `deny` or `forbid` of rank 0.
    case badValue(BehaviorID)
    /// Two declarations of one claim disagree, or a condition was read with another.
    case claimConflict(Text)
    /// A channel names a role that the layer does not define.
    case unknownRole(Text)
    /// More than four operators.
    case tooManyOperators
    /// Roles, channels or `believe` where this level has none.
    case wrongLevel
    /// A condition, `assume` or `believe` names a claim that is not declared here or above.
    case unknownClaim(Text)
}

/// A request that a policy cannot decide.
public enum RequestError: String, Error, Sendable {
    case unknownChannel = "request.unknown-channel"
}

/// The claims that a policy knows, each with its slot and type.
struct ClaimTable: Sendable {
    private(set) var slots: [Text: ClaimSlot] = [:]
    private(set) var types: [ClaimType] = []

    mutating func declare(_ claims: [Text: ClaimType]) throws(PolicyError) {
        for (name, type) in claims.sorted(by: { $0.key < $1.key }) {
            if let slot = slots[name] {
                guard types[slot.number] == type else { throw PolicyError.claimConflict(name) }
            } else {
                slots[name] = ClaimSlot(number: types.count)
                types.append(type)
            }
        }
    }
}

/// An actor with everything that it says, of all behaviors.
struct CompiledActor: Sendable {
    var level: Level
    var scopes: [CompiledScope]
    /// Whether it is the operator that has roles and channels.
    var isInnermost = false
}

/// A scope with its adjustments, by behavior and in document order.
struct CompiledScope: Sendable {
    var scope: Scope
    var place: Int
    var adjustments: [Int: [CompiledAdjustment]] = [:]
}

/// An adjustment with its condition bound to the policy's claims.
struct CompiledAdjustment: Sendable {
    var adjustment: Adjustment
    var program: ConditionProgram?
    var layer: Text?
    var file: String
    /// Whom it is for: a role, a channel, a member; nil: everybody.
    var role: Int?
    var channel: Int?
    var member: Text?
}
