internal import CharterEngine

/// What is presumed and believed where a condition stands (SEMANTICS §5).
struct ClaimsInView {
    private var assumed: [Text: ClaimValue]
    private var believed: [Text: Evidence] = [:]

    init(_ charter: Charter) {
        assumed = charter.assume
    }

    /// Goes down to a layer: its own word is nearest.
    mutating func enter(_ layer: Layer) {
        believed = [:]
        for template in layer.templates {
            assumed.merge(template.assume) { _, later in later }
            believed.merge(template.believe) { _, later in later }
        }
        assumed.merge(layer.assume) { _, later in later }
        believed.merge(layer.believe) { _, later in later }
    }

    /// Whether a request that does not show the claim leaves it unknown.
    func isSilent(_ claim: Text, for behavior: Behavior) -> Bool {
        assumed[claim] == nil || need(claim, behavior) > .vouched
    }

    /// Whether an assumption stands for the claim where a request does not show it.
    func isPresumed(_ claim: Text, for behavior: Behavior) -> Bool {
        !isSilent(claim, for: behavior)
    }

    /// Whether an assumption could stand for it at all.
    func couldBePresumed(_ claim: Text, for behavior: Behavior) -> Bool {
        need(claim, behavior) <= .vouched
    }

    /// What asks for more than an assumption can show.
    func asking(for claim: Text, _ behavior: Behavior) -> String {
        let isBelieved = (believed[claim] ?? .asserted) > .vouched
        return isBelieved
            ? "`believe` asks for `verified` here" : "the behavior asks for `verified`"
    }

    private func need(_ claim: Text, _ behavior: Behavior) -> Evidence {
        believed[claim].map { max(behavior.believable, $0) } ?? behavior.evidence
    }
}
