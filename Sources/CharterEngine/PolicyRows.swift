/// A policy made ready to decide whole matrices: what is left to ask of a request is a few questions,
/// and each behavior has its decisions for all answers beforehand.
///
/// For a policy that is asked often: some 10 KB for 64 behaviors, made in microseconds, dropped when it
/// is asked no more. A request costs its questions (is it this role, does that condition hold), each
/// asked once, and a look-up for each behavior that an answer speaks of.
public struct PolicyRows: Sendable {
    private let policy: Policy
    private let questions: [Question]
    /// Question by question: the behaviors on which an answer bears, as a `BehaviorSet`'s words.
    private let touched: [UInt64]
    /// By behavior.
    private let rows: [Row]
    /// Row by row.
    private let outcomes: [BehaviorDecision]
    /// By behavior: the decision where all answers are no.
    private let settled: [BehaviorDecision]
    /// Behaviors of which a row has too many questions: they are folded.
    private let folded: BehaviorSet

    /// Bit 63 of the answers stands for no question.
    private static let mostQuestions = 63
    private static let mostOfBehavior = 3

    /// Whether the adjustments with this target and condition hold.
    fileprivate struct Question: Sendable {
        var adjustment: PackedAdjustment
        var isPlatform: Bool

        /// What is asked, as a number: two questions with one are one.
        var key: UInt64 { (adjustment.word >> 32) << 1 | (isPlatform ? 1 : 0) }
    }

    /// The decisions of one behavior. Answers (no 0, yes 1, unknown 2) are the digits of a number to the
    /// base 3, the first question's lowest: that many places behind `start` is the decision.
    private struct Row: Sendable {
        var start: UInt32 = 0
        var questions: (UInt8, UInt8, UInt8) = (63, 63, 63)
    }

    /// Makes a policy ready; O(behaviors + adjustments), at most 27 folds for a behavior.
    public init(_ policy: Policy) {
        let count = policy.base.folds.count
        var questions: [Question] = []
        var places: [UInt64: Int] = [:]
        var touched: [BehaviorSet] = []
        var rows: [Row] = []
        var outcomes: [BehaviorDecision] = []
        var settled: [BehaviorDecision] = []
        var folded = BehaviorSet(count: count)
        for number in 0..<count {
            let said = PolicyRows.said(of: number, policy)
            var asked: [Int] = []
            for question in said where PolicyRows.isOpen(question, policy) {
                let place = places[question.key] ?? questions.count
                if place == questions.count {
                    places[question.key] = place
                    questions.append(question)
                    touched.append(BehaviorSet(count: count))
                }
                if asked.count <= PolicyRows.mostOfBehavior, !asked.contains(place) {
                    asked.append(place)
                }
            }
            var row = Row(start: UInt32(clamping: outcomes.count))
            if asked.count > PolicyRows.mostOfBehavior
                || asked.contains(where: { $0 >= PolicyRows.mostQuestions })
            {
                folded.insert(number)
                asked = []
            }
            for place in asked { touched[place].insert(number) }
            let places = asked.map { UInt8($0) } + [63, 63, 63]
            row.questions = (places[0], places[1], places[2])
            rows.append(row)
            let outcomesOfRow = PolicyRows.outcomes(
                of: number, said, asked.map { questions[$0] }, policy)
            outcomes += outcomesOfRow
            settled.append(outcomesOfRow[0])
        }
        self.policy = policy
        self.questions = Array(questions.prefix(PolicyRows.mostQuestions))
        self.touched = touched.prefix(PolicyRows.mostQuestions).flatMap(\.words)
        self.rows = rows
        self.outcomes = outcomes
        self.settled = settled
        self.folded = folded
    }

    /// What platform and operators say of a behavior that is not in its fold yet, in order.
    private static func said(of number: Int, _ policy: Policy) -> [Question] {
        policy.base.rest[number].map {
            Question(adjustment: policy.base.table.adjustment($0), isPlatform: true)
        }
            + policy.own.range(number).map {
                Question(adjustment: policy.own.adjustment($0), isPlatform: false)
            }
    }

    /// Whether the answer is not yes for everybody.
    private static func isOpen(_ question: Question, _ policy: Policy) -> Bool {
        !question.adjustment.isUnconditional || policy.target(of: question).isForSomebody
    }

    /// The decisions for all answers to the questions `asked`; where nothing is asked, one.
    private static func outcomes(
        of number: Int, _ said: [Question], _ asked: [Question], _ policy: Policy
    ) -> [BehaviorDecision] {
        let count = asked.reduce(1) { count, _ in count * 3 }
        return (0..<count).map { answers in
            var fold = policy.base.folds[number]
            fold.lastOperator = policy.lastOperator
            for question in said {
                var truth = Truth.yes
                if isOpen(question, policy) {
                    var rest = answers
                    truth = .no
                    for other in asked {
                        if other.key == question.key {
                            truth = Truth(rawValue: UInt8(rest % 3)) ?? .unknown
                        }
                        rest /= 3
                    }
                }
                if truth == .no { continue }
                _ = fold.apply(question.adjustment, of: policy.target(of: question), truth)
            }
            return fold.decision()
        }
    }

    /// Decides a whole request (SEMANTICS §4–§8), as `Policy.decide` does without refused steps.
    ///
    /// - Throws: where the request names a channel that the operator does not have.
    public func decide(
        _ request: Request, user: UserLayer? = nil
    ) throws(RequestError) -> Decision {
        try policy.decide(request, user: user, by: self)
    }

    /// Decides all behaviors into storage of the caller's, in charter order; nothing is allocated
    /// when the storage has been used before.
    public func decide(_ facts: borrowing Facts, into decisions: inout [BehaviorDecision]) {
        if facts.isAdministrator { return policy.decideAll(facts, into: &decisions) }
        decisions.removeAll(keepingCapacity: true)
        decisions.append(contentsOf: settled)
        var yes: UInt64 = 0
        var unknown: UInt64 = 0
        for (place, question) in questions.enumerated() {
            switch policy.answer(to: question.adjustment, isPlatform: question.isPlatform, facts) {
            case .yes?: yes |= 1 &<< UInt64(place)
            case .unknown?: unknown |= 1 &<< UInt64(place)
            case .no?, nil: break
            }
        }
        let width = folded.words.count
        for word in 0..<width {
            var bits: UInt64 = 0
            var answered = yes | unknown
            while answered != 0 {
                bits |= touched[answered.trailingZeroBitCount &* width &+ word]
                answered &= answered &- 1
            }
            while bits != 0 {
                let number = word &* 64 &+ bits.trailingZeroBitCount
                bits &= bits &- 1
                let row = rows[number]
                let place =
                    PolicyRows.digit(row.questions.0, yes, unknown)
                    &+ PolicyRows.digit(row.questions.1, yes, unknown) &* 3
                    &+ PolicyRows.digit(row.questions.2, yes, unknown) &* 9
                decisions[number] = outcomes[Int(row.start) &+ place]
            }
            bits = folded.words[word]
            while bits != 0 {
                let number = word &* 64 &+ bits.trailingZeroBitCount
                bits &= bits &- 1
                decisions[number] = policy.decide(BehaviorIndex(number), facts)
            }
        }
    }

    @inline(__always)
    private static func digit(_ question: UInt8, _ yes: UInt64, _ unknown: UInt64) -> Int {
        let place = UInt64(question)
        return Int(truncatingIfNeeded: yes &>> place & 1 | (unknown &>> place & 1) &<< 1)
    }
}

extension Policy {
    fileprivate func target(of question: PolicyRows.Question) -> AdjustmentTarget {
        (question.isPlatform ? base.table : own).target(of: question.adjustment)
    }

    @inline(__always)
    fileprivate func answer(
        to adjustment: PackedAdjustment, isPlatform: Bool, _ facts: borrowing Facts
    ) -> Truth? {
        isPlatform ? base.table.truth(adjustment, facts) : own.truth(adjustment, facts)
    }
}

/// Behaviors of a charter, as bits.
struct BehaviorSet: Sendable {
    /// Bit B of word W: the behavior at place 64 W + B.
    private(set) var words: [UInt64]

    /// None of `count` behaviors.
    init(count: Int) {
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    mutating func insert(_ number: Int) {
        words[number / 64] |= 1 << UInt64(number % 64)
    }
}
