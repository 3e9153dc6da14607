import Testing

@testable import CharterEngine

/// Every way of deciding says the same, each against `CHARTER_CASES` random policies; and the random
/// policies reach what they are to be trusted with.
@Suite("Fold agreement")
struct FoldAgreementTests {
    @Test("The policy's reading of the layers is the layers' own, step by step")
    func plainReading() async { await Law.plainReading.holds() }

    @Test("A whole request is the readable fold, with and without a trail")
    func wholeRequest() async { await Law.wholeRequest.holds() }

    @Test("The fast fold of one behavior is the readable fold")
    func oneBehavior() async { await Law.oneBehavior.holds() }

    @Test("The fast fold of some behaviors in any order is the readable fold")
    func someBehaviors() async { await Law.someBehaviors.holds() }

    @Test("The whole matrix is the readable fold of each behavior, whatever stood in its storage")
    func wholeMatrix() async { await Law.wholeMatrix.holds() }

    @Test("Facts made where another request's stood decide as new ones")
    func factsAgain() async { await Law.factsAgain.holds() }

    @Test("A policy that shares another's charter and platform decides as one compiled alone")
    func otherOperators() async { await Law.otherOperators.holds() }

    @Test("The compact trail tells of each adjustment what the whole trail does")
    func compactTrail() async { await Law.compactTrail.holds() }

    @Test("A verdict beside given settings is the request's")
    func verdictGiven() async { await Law.verdictGiven.holds() }

    @Test("Random policies reach", arguments: Feature.all)
    func reach(feature: Feature) throws {
        let seeds: ClosedRange<UInt64> = 1...3_000
        #expect(try seeds.contains { try feature.isIn(Sample(RandomPolicy(seed: $0))) })
    }

    /// Something that a random policy may hold.
    struct Feature: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let isIn: @Sendable (Sample) throws -> Bool

        init(_ name: String, _ isIn: @escaping @Sendable (Sample) throws -> Bool) {
            testDescription = name
            self.isIn = isIn
        }

        static let all = accepted + refused + reasons + chains + claims + others

        private static func step(
            _ name: String, _ isIt: @escaping @Sendable (Step) -> Bool
        ) -> Feature {
            Feature(name) { $0.decision.trail.contains(where: isIt) }
        }

        private static let accepted = Scope.allCases.filter { $0 != .demand }.map { scope in
            step("an accepted step of \(scope.rawValue)") {
                $0.scope == scope && $0.reason == nil
            }
        }
        private static let refused = Scope.allCases.map { scope in
            step("a refused step of \(scope.rawValue)") {
                $0.scope == scope && $0.reason != nil
            }
        }
        private static let reasons = Reason.allCases.map { reason in
            step("the reason \(reason.rawValue)") { $0.reason == reason }
        }
        private static let chains = (0...4).map { count in
            Feature("\(count) operators") { $0.policy.operators.count == count }
        }
        private static let claims: [Feature] = [
            Feature("an unknown condition that still restricts") { sample in
                zip(sample.chains, sample.folds).contains { chain, fold in
                    chain.actors.flatMap(\.scopes).flatMap(\.entries).contains { entry in
                        entry.truth == .unknown && entry.deny != nil
                            && fold.trail.contains {
                                $0.origin == entry.origin && $0.operation == .deny
                                    && $0.reason == nil
                            }
                    }
                }
            },
            Feature("an unknown set that is passed over") { sample in
                zip(sample.chains, sample.folds).contains { chain, fold in
                    chain.actors.flatMap(\.scopes).flatMap(\.entries).contains { entry in
                        entry.truth == .unknown && entry.set != nil
                            && !fold.trail.contains {
                                $0.origin == entry.origin && $0.operation == .set
                            }
                    }
                }
            },
            Feature("a condition that does not hold") { sample in
                PlainChain(sample.policy).scopes.flatMap(\.adjustments).count
                    > sample.chains.flatMap(\.actors).flatMap(\.scopes).flatMap(\.entries)
                    .filter { $0.origin.position != .unknown }.count
            },
            Feature("a garbled claim") {
                $0.policy.request.claims.values.map(\.value).contains(.garbled)
            },
            Feature("a claim of each evidence") { sample in
                Set(sample.policy.request.claims.values.map(\.evidence)).count == 3
            },
            Feature("a claim that is believed") { sample in
                sample.policy.operators.contains { !$0.believe.isEmpty }
            },
            Feature("a claim that is presumed") { sample in
                let absent = RandomCondition.names.filter {
                    sample.policy.request.claims[$0] == nil
                }
                return absent.contains(where: sample.policy.isAssumed)
            },
        ]
        private static let others: [Feature] = [
            step("an administrator") { $0.operation == .administrator },
            Feature("a tool that speaks, lent a level by a lower one first") { sample in
                let said = sample.policy.request.instructions
                return RandomPolicy.tools.contains { tool in
                    let lenders = said.indices.filter {
                        said[$0].isExplicit && said[$0].content == .delegate(tool: tool)
                    }
                    let levels = lenders.compactMap { place -> (Int, Level)? in
                        guard case .principal(let level) = said[place].from else { return nil }
                        return (place, level)
                    }
                    let speaks = said.lastIndex { $0.from == .tool(tool) } ?? 0
                    return levels.contains { first in
                        levels.contains { second in
                            first.0 < second.0 && second.1 < first.1 && second.0 < speaks
                        }
                    }
                }
            },
            Feature("a role that is ignored") { !$0.decision.ignoredRoles.isEmpty },
            Feature("a channel that only * lists") { sample in
                let names = sample.policy.operators.last?.channels.map(\.name) ?? []
                return sample.policy.request.channel.map { !names.contains($0) } ?? false
                    && names.contains("*")
            },
            Feature("a compact trail that is cut") { sample in
                let facts = try sample.compiled.facts(of: sample.policy.request)
                var trail = CompactTrail()
                return sample.policy.behaviors.indices.contains {
                    _ = sample.compiled.decide(BehaviorIndex($0), facts, noting: &trail)
                    return trail.isCut
                }
            },
        ]
    }
}
