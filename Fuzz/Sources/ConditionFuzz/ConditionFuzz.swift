import Fuzzing

@testable import CharterEngine

/// Any bytes may be a condition: it is refused at a place that is there, or it is as true as a walk
/// over its tree says, whatever the claims.
///
/// Behind a NUL byte stand the claims, drawn from bytes.
@main
struct ConditionFuzz: Fuzzer {
    static let professions: [Text] = ["nurse", "physician", "teacher"]
    static let claims: [Text: ClaimType] = [
        "age": .int, "score": .double, "member": .bool, "region": .string,
        "profession": .oneOf(professions), "former": .oneOf(professions),
    ]

    func test(_ input: [UInt8]) {
        let parts = input.parts(2)
        guard let text = String(validating: parts[0], as: UTF8.self) else { return }
        let condition: Condition
        do throws(ConditionError) {
            condition = try Condition(parsing: text, claims: Self.claims)
        } catch {
            return check((0...text.utf8.count).contains(error.offset), "\(error) is in the text")
        }
        check(
            condition.claims.allSatisfy { Self.claims[$0] != nil }, "it has claims that there are")
        var bytes = ByteReader(parts.dropFirst().first ?? [])
        repeat { compare(condition, &bytes) } while !bytes.isAtEnd
    }

    private func compare(_ condition: Condition, _ bytes: inout ByteReader) {
        let draw = ClaimDraw(condition.expression)
        var behavior = Behavior(
            id: "b", title: "b", kind: .switch, values: ["off", "on"], authority: .operator,
            default: .cautious)
        behavior.evidence = bytes.pick(Evidence.allCases)
        behavior.adjust = [Adjustment("b", set: Rank(1), when: condition)]
        var walk = ConditionWalk(need: behavior.evidence)
        for (name, type) in Self.claims.sorted(by: { $0.key < $1.key }) {
            walk.types[name] = type
            walk.assumed[name] = bytes.below(8) == 1 ? draw.assumption(of: type, &bytes) : nil
            if bytes.below(4) > 0 {
                walk.request.claims[name] = Claim(
                    draw.value(of: type, &bytes), bytes.pick(Evidence.allCases))
            }
        }
        walk.request.surface = bytes.flag() ? draw.text(&bytes) : nil
        walk.request.model = bytes.flag() ? draw.text(&bytes) : nil

        let charter = required(
            Charter(behaviors: [behavior], claims: Self.claims, assume: walk.assumed), "charter")
        let policy = required(try? Policy.compile(charter), "policy of \(condition.source)")
        let facts = required(try? policy.facts(of: walk.request), "facts")
        let table = policy.base.table
        for believing in [false, true] {
            walk.isBelieving = believing
            let truth = table.truth(0, facts, believing: believing)
            let expected = walk.truth(of: condition.expression)
            check(
                truth == expected,
                "\(condition.source) is \(truth), and \(expected) as a tree, with \(walk)")
        }
        for slot in table.shortfalls(0, facts) {
            check(policy.claims.types.indices.contains(slot.number), "a shortfall is a claim")
        }
    }
}
