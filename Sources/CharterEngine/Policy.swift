/// A charter with the platform's and the operators' layers, compiled: immutable and cheap to ask.
///
/// Compile once, decide many times, from any thread. Policies of one charter and platform share
/// their storage. The user's own layer is not part of a policy; it comes with each question.
public final class Policy: Sendable {
    /// The charter that it was compiled from.
    public var charter: Charter { base.charter }
    /// The SHA-256 of the documents that it was compiled from, where they were documents.
    public let digest: Digest?
    /// The names of the innermost operator's roles, in the layer's order.
    public var roles: [Text] { Array(names.roles) }
    let base: PolicyBase
    /// What the operators say.
    let own: StepTable
    /// What the operators' scopes are from.
    let sources: [PolicyScope.Source]
    let claims: ClaimTable
    let names: OperatorNames
    let administrators: Set<UInt16>
    /// The innermost operator's place in the chain: root is 0, platform 1, then the operators, then the
    /// user.
    let lastOperator: UInt8

    /// The layers of a policy, outermost operator first.
    public struct Layers: Sendable {
        /// The platform's; nil counts as an empty layer.
        public var platform: Layer?
        /// The chain, outermost first; empty counts as one empty layer.
        public var operators: [Layer]

        /// The charter alone unless told.
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
        let base = try PolicyBase(charter, layers.platform)
        return Policy(try OperatorCompiler(base, layers.operators), digest)
    }

    /// The policy of other operators under the same charter and platform, whose storage it shares;
    /// O(size of the layers).
    public func with(
        operators: [Layer], digest: Digest? = nil
    ) throws(PolicyError) -> Policy {
        Policy(try OperatorCompiler(base, operators), digest)
    }

    private init(_ compiled: OperatorCompiler, _ digest: Digest?) {
        self.digest = digest
        base = compiled.base
        own = compiled.table
        sources = compiled.sources
        claims = compiled.claims
        names = compiled.names
        administrators = compiled.administrators
        lastOperator = compiled.lastOperator
    }

    /// Interns a request: names become slots of this policy; O(claims + roles).
    ///
    /// - Throws: where the innermost operator lists channels, and neither this one nor `*`.
    public func facts(of request: Request) throws(RequestError) -> Facts {
        var facts = Facts()
        try intern(request, into: &facts)
        return facts
    }

    /// As `facts(of:)`, into storage that is used again.
    public func intern(_ request: Request, into facts: inout Facts) throws(RequestError) {
        facts.texts.removeAll(keepingCapacity: true)
        facts.roles.removeAll(keepingCapacity: true)
        facts.claims.removeAll(keepingCapacity: true)
        facts.claims.append(contentsOf: repeatElement(.absent, count: claims.types.count))
        for (name, claim) in request.claims {
            guard let slot = claims.names.place(of: name) else { continue }
            facts.claims[slot] = Cell(
                claim.value, claims.types[slot], claim.evidence, texts: &facts.texts)
        }
        facts.attributes.removeAll(keepingCapacity: true)
        for text in [request.channel, request.surface, request.model, request.language] {
            guard let text else {
                facts.attributes.append(.absent)
                continue
            }
            facts.attributes.append(Cell(.text, UInt64(facts.texts.count)))
            facts.texts.append(text)
        }
        facts.at = request.at
        intern(roles: request.roles, into: &facts)
        facts.channel = Facts.nowhere
        facts.member = request.user.flatMap { names.member($0) } ?? Facts.nowhere
        if let channel = request.channel, names.hasChannels {
            guard let place = names.channel(channel) ?? names.channel("*") else {
                throw RequestError.unknownChannel
            }
            facts.channel = place
        }
    }

    /// Moves interned facts to another channel; O(length of its name).
    ///
    /// - Throws: where the innermost operator lists channels, and neither this one nor `*`.
    public func move(_ facts: inout Facts, to channel: Text?) throws(RequestError) {
        facts.channel = Facts.nowhere
        let attribute = Int(Attribute.channel.rawValue)
        let before = facts.attributes[attribute]
        facts.attributes[attribute] = .absent
        guard let channel else { return }
        if before.kind == .text {
            facts.texts[Int(before.bits)] = channel
            facts.attributes[attribute] = before
        } else {
            facts.attributes[attribute] = Cell(.text, UInt64(facts.texts.count))
            facts.texts.append(channel)
        }
        guard names.hasChannels else { return }
        guard let place = names.channel(channel) ?? names.channel("*") else {
            throw RequestError.unknownChannel
        }
        facts.channel = place
    }

    private func intern(roles: [Text], into facts: inout Facts) {
        facts.roleBits = 0
        facts.isAdministrator = false
        for name in roles {
            guard let place = names.role(name) else { continue }
            if place < 64 {
                facts.roleBits |= 1 << UInt64(place)
            } else {
                facts.roles.append(place)
            }
            if !administrators.isEmpty, administrators.contains(place) {
                facts.isAdministrator = true
            }
        }
    }

    /// The number of scopes; the user's are the last two.
    var scopeCount: Int { scopes.count + 2 }

    /// Those of root, platform and operators, in order.
    var scopes: [PolicyScope] { base.table.scopes + own.scopes }

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
        default: place = scopes.lastIndex { $0.scope == scope } ?? scopeCount
        }
        return Step(
            behavior: behavior, scope: scope, place: place, origin: origin, operation: .set,
            value: value, reason: reason, setting: .none)
    }
}

/// A SHA-256, 32 bytes.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// Always 32.
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
    /// An adjustment of a behavior that the charter lacks.
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
    /// More adjustments, conditions, scopes, roles or channels than a policy can number.
    case tooLarge
}

/// A request that a policy cannot decide.
public enum RequestError: String, Error, Sendable {
    /// The innermost operator lists channels, and neither this one nor `*` (§3).
    case unknownChannel = "request.unknown-channel"
}

/// The claims that a policy knows, each with its slot and type.
struct ClaimTable: Sendable {
    private(set) var names = NameTable()
    private(set) var types: [ClaimType] = []

    mutating func declare(_ claims: [Text: ClaimType]) throws(PolicyError) {
        for (name, type) in claims.sorted(by: { $0.key < $1.key }) {
            if let slot = names.place(of: name) {
                guard types[slot] == type else { throw PolicyError.claimConflict(name) }
            } else {
                names.add(name)
                types.append(type)
            }
        }
    }
}
