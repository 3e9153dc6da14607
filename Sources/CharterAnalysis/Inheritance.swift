public import CharterDocuments
public import CharterEngine

/// What an operator sets, what it inherits and from whom, and what it and its users may still change:
/// for a request that shows nothing about anybody.
public struct Inheritance: Sendable {
    /// The operator's name; nil where its layer has none.
    public let name: String?
    /// The layers above it, outermost first, by name.
    public let above: [String]
    /// What it is for, in its own words.
    public let purpose: String?
    /// Every behavior; what matters most for the purpose first, then charter order.
    public let entries: [Entry]
    /// Adjustments that end, or that somebody answers for, soonest end first.
    public let exceptions: [Exception]
    /// Where the layer was written for another charter or version: what it says, and what is used.
    public let mismatch: Mismatch?

    /// One behavior.
    public struct Entry: Sendable {
        /// Its id.
        public let behavior: BehaviorID
        /// Its heading.
        public let title: String
        /// The value in force.
        public let setting: String
        /// Where the value comes from.
        public let from: Origin
        /// How far the operator may go from here; nil: it has no say.
        public let operatorCeiling: String?
        /// How far its users may go from here; nil: they have no say.
        public let userCeiling: String?
        /// Whether the operator's own layer, with its templates, says something about it.
        public let isSaid: Bool
        /// Whether nobody below the charter may change it.
        public let isHardcoded: Bool
        /// Whether the operator may change it.
        public let mayOperatorChange: Bool
        /// Whether users may have more than is in force, or less.
        public let mayUserChange: Bool
        /// Whether it is on or off, and no dial.
        public let isSwitch: Bool
        /// The most that users may have, where it is more than is in force.
        public let userMore: String?
        /// What the operator's layer and its templates say, in order.
        public let adjustments: [Said]
        /// How near it is to the purpose; 0 where it has nothing to do with it.
        public let relevance: Double
    }

    /// Where a value comes from.
    public struct Origin: Hashable, Sendable {
        /// The layer's or template's name; nil: the charter.
        public let layer: String?
        /// Its document.
        public let file: String
        /// Where it stands; the behavior's heading where the value is the charter's default.
        public let position: SourcePosition
    }

    /// One adjustment as it is written.
    public struct Said: Sendable {
        /// For whom: `role clinician`, `channel ward`; nil: everyone.
        public let scope: String?
        /// `set label`, `allow exact`.
        public let operations: [String]
        /// The condition, as it is written.
        public let condition: String?
        /// Where it stands.
        public let origin: Origin
        /// Why, who, and under which ticket.
        public let notes: Adjustment.Notes
    }

    /// An adjustment that is meant to be looked at again.
    public struct Exception: Sendable {
        /// Which behavior.
        public let behavior: BehaviorID
        /// The first instant at which it holds no more; nil: it has no end.
        public let until: Instant?
        /// What it is.
        public let said: Said
    }

    /// A layer that was written for something else than it is used with.
    public struct Mismatch: Sendable, Equatable {
        /// `standard 1.0`, as the layer says.
        public let writtenFor: String
        /// The charter and version that are used.
        public let used: String
    }

    /// What an operator inherits; nil where there is no operator.
    public init?(_ documents: PolicyDocuments) throws(RequestError) {
        guard let document = documents.operators.last, let layer = document.layer else {
            return nil
        }
        let policy = documents.policy
        let charter = policy.charter
        let decision = try policy.decide(Request(), withTrail: true)
        let adjustments = Inheritance.adjustments(of: layer)
        let relevance = Relevance(documents.charter, purpose: Inheritance.words(of: document))
        var entries: [(place: Int, entry: Entry)] = []
        for (place, behavior) in charter.behaviors.enumerated() {
            let decided = decision.behaviors[place]
            let steps = decision.trail.filter { step in
                step.behavior == behavior.id && step.reason == nil && step.scope != .root
            }
            let deciding = steps.last { $0.operation == .set || $0.setting == decided.setting }
            let isDefault = decided.decidedBy == .root
            let origin =
                deciding.map { $0.origin }.flatMap { isDefault ? nil : $0 }
            let said = adjustments.filter { $0.adjustment.behavior == behavior.id }
                .map { Inheritance.said($0, behavior) }
            func name(_ rank: Rank) -> String? { behavior.name(of: rank)?.string }
            entries.append(
                (
                    place,
                    Entry(
                        behavior: behavior.id, title: behavior.title,
                        setting: name(decided.setting) ?? "",
                        from: Origin(
                            layer: origin.map { $0.layer?.string ?? "operator" },
                            file: origin?.file ?? charter.file,
                            position: origin?.position ?? behavior.source),
                        operatorCeiling: name(decided.ceilings.operator),
                        userCeiling: name(decided.ceilings.user), isSaid: !said.isEmpty,
                        isHardcoded: behavior.isHardcoded,
                        mayOperatorChange: Inheritance.mayChange(
                            decided.ceilings.operator, decided.setting),
                        mayUserChange: Inheritance.mayChange(
                            decided.ceilings.user, decided.setting),
                        isSwitch: behavior.kind != .dial,
                        userMore: decided.ceilings.user > decided.setting
                            ? name(decided.ceilings.user) : nil,
                        adjustments: said, relevance: relevance.of(behavior.id))
                ))
        }
        entries.sort { ($1.entry.relevance, $0.place) < ($0.entry.relevance, $1.place) }
        name = layer.name?.string
        above = documents.operators.dropLast().compactMap { $0.layer?.name?.string }
        purpose = document.purpose
        self.entries = entries.map(\.entry)
        exceptions = Inheritance.exceptions(adjustments, charter)
        mismatch = Inheritance.mismatch(document, charter)
    }

    private static func mayChange(_ ceiling: Rank, _ setting: Rank) -> Bool {
        !ceiling.isNone && (ceiling > setting || setting > .cautious)
    }

    private static func words(of document: LayerDocument) -> String {
        ([document.purpose, document.layer?.name?.string].compactMap { $0 }
            + (document.layer?.templates ?? []).map(\.name.string)).joined(separator: " ")
    }

    private static func mismatch(_ document: LayerDocument, _ charter: Charter) -> Mismatch? {
        guard let writtenFor = document.writtenFor else { return nil }
        let used = [charter.name, charter.version].compactMap { $0 }.joined(separator: " ")
        return writtenFor == used ? nil : Mismatch(writtenFor: writtenFor, used: used)
    }

    // MARK: What is written

    private struct Placed {
        var adjustment: Adjustment
        var scope: String?
        var layer: String?
        var file: String
    }

    /// The adjustments of a layer and its templates, in the order of the fold.
    private static func adjustments(of layer: Layer) -> [Placed] {
        var placed: [Placed] = []
        for template in layer.templates {
            placed += template.adjust.map {
                Placed(adjustment: $0, layer: template.name.string, file: template.file)
            }
        }
        func add(_ adjustments: [Adjustment], _ scope: String?) {
            placed += adjustments.map {
                Placed(
                    adjustment: $0, scope: scope, layer: layer.name?.string, file: layer.file)
            }
        }
        add(layer.adjust, nil)
        for role in layer.roles { add(role.adjust, "role \(role.name)") }
        for channel in layer.channels {
            add(channel.everyone, "channel \(channel.name)")
            for (role, adjustments) in channel.roles.sorted(by: { $0.key < $1.key }) {
                add(adjustments, "role \(role) in channel \(channel.name)")
            }
            for (member, adjustments) in channel.members.sorted(by: { $0.key < $1.key }) {
                add(adjustments, "member \(member) in channel \(channel.name)")
            }
        }
        return placed
    }

    private static func said(_ placed: Placed, _ behavior: Behavior) -> Said {
        let adjustment = placed.adjustment
        let operations = [
            ("set", adjustment.set), ("allow", adjustment.allow), ("deny", adjustment.deny),
            ("forbid", adjustment.forbid),
        ].compactMap { operation, rank in
            rank.map { "\(operation) \(behavior.name(of: $0)?.string ?? "")" }
        }
        return Said(
            scope: placed.scope, operations: operations,
            condition: adjustment.condition?.source,
            origin: Origin(
                layer: placed.layer, file: placed.file, position: adjustment.source),
            notes: adjustment.notes)
    }

    private static func exceptions(
        _ adjustments: [Placed], _ charter: Charter
    ) -> [Exception] {
        let exceptions = adjustments.compactMap { placed -> Exception? in
            let adjustment = placed.adjustment
            guard adjustment.until != nil || adjustment.notes.ticket != nil,
                let behavior = charter[adjustment.behavior]
            else { return nil }
            return Exception(
                behavior: behavior.id, until: adjustment.until, said: said(placed, behavior))
        }
        return exceptions.enumerated().sorted { left, right in
            switch (left.element.until, right.element.until) {
            case (let a?, let b?) where a != b: a < b
            case (_?, nil): true
            case (nil, _?): false
            default: left.offset < right.offset
            }
        }.map(\.element)
    }
}
