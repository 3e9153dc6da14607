public import CharterDocuments
public import CharterEngine

/// Which parts of layers no test needs: without them every test still passes.
public struct PolicyTestNeeds: Sendable {
    /// A part of an adjustment that can be taken out unnoticed.
    public struct Unneeded: Sendable, Equatable {
        /// Which behavior.
        public let behavior: BehaviorID
        /// `set`, `allow`, `deny` or `forbid`.
        public let operation: String
        /// The document of the layer.
        public let file: String
        /// Where the adjustment stands.
        public let position: SourcePosition
    }

    /// How many parts there are, an operation of an adjustment each.
    public let count: Int
    /// Those that no test needs, in the order of the layers.
    public let unneeded: [Unneeded]

    /// Takes out each operation of each adjustment of the operators' and the platform's layers, and runs
    /// the tests; O(operations × tests). What a template says is its own tests' business.
    ///
    /// - Parameter user: the user's layer that the tests are run with.
    public init(
        _ documents: PolicyDocuments, _ tests: [PolicyTestDocument.Test], user: UserLayer?
    ) throws(PolicyError) {
        let layers = Policy.Layers(
            platform: documents.platform?.layer, operators: documents.operators.compactMap(\.layer))
        var count = 0
        var unneeded: [Unneeded] = []
        for place in 0..<PolicyTestNeeds.adjustments(of: layers) {
            for operation in Step.Operation.adjusting {
                guard let (rest, taken, file) = PolicyTestNeeds.without(operation, place, layers)
                else { continue }
                count += 1
                let policy = try Policy.compile(documents.policy.charter, rest)
                if tests.allSatisfy({ $0.difference(policy, user: user) == nil }) {
                    unneeded.append(
                        Unneeded(
                            behavior: taken.behavior, operation: operation.rawValue, file: file,
                            position: taken.source))
                }
            }
        }
        self.count = count
        self.unneeded = unneeded
    }

    private static func adjustments(of layers: Policy.Layers) -> Int {
        var layers = layers
        var count = 0
        layers.visit { _, _ in count += 1 }
        return count
    }

    /// The layers without one operation of the adjustment at `place`; nil where it has none such.
    private static func without(
        _ operation: Step.Operation, _ place: Int, _ layers: Policy.Layers
    ) -> (layers: Policy.Layers, adjustment: Adjustment, file: String)? {
        var rest = layers
        var number = 0
        var taken: (Adjustment, String)?
        rest.visit { adjustment, file in
            if number == place, adjustment.take(operation) { taken = (adjustment, file) }
            number += 1
        }
        return taken.map { (rest, $0.0, $0.1) }
    }
}

extension Step.Operation {
    /// Those that an adjustment has.
    fileprivate static let adjusting: [Step.Operation] = [.set, .allow, .deny, .forbid]
}

extension Adjustment {
    /// Takes an operation out; false where there is none such.
    fileprivate mutating func take(_ operation: Step.Operation) -> Bool {
        switch operation {
        case .set where set != nil: set = nil
        case .allow where allow != nil: allow = nil
        case .deny where deny != nil: deny = nil
        case .forbid where forbid != nil: forbid = nil
        default: return false
        }
        return true
    }
}

extension Policy.Layers {
    /// Calls `body` with every adjustment and its document, in an order that is always the same.
    fileprivate mutating func visit(_ body: (inout Adjustment, String) -> Void) {
        if var layer = platform {
            layer.visit(body)
            platform = layer
        }
        for place in operators.indices { operators[place].visit(body) }
    }
}

extension Layer {
    fileprivate mutating func visit(_ body: (inout Adjustment, String) -> Void) {
        for place in adjust.indices { body(&adjust[place], file) }
        for role in roles.indices {
            for place in roles[role].adjust.indices { body(&roles[role].adjust[place], file) }
        }
        for channel in channels.indices {
            for place in channels[channel].everyone.indices {
                body(&channels[channel].everyone[place], file)
            }
            for key in channels[channel].roles.keys.sorted() {
                for place in channels[channel].roles[key, default: []].indices {
                    body(&channels[channel].roles[key, default: []][place], file)
                }
            }
            for key in channels[channel].members.keys.sorted() {
                for place in channels[channel].members[key, default: []].indices {
                    body(&channels[channel].members[key, default: []][place], file)
                }
            }
        }
    }
}
