import Testing

/// The laws of SEMANTICS §4, each against `CHARTER_CASES` random policies.
@Suite("Laws")
struct LawTests {
    @Test("Hardcoded: with authority root nothing but the charter's own adjust moves the setting")
    func hardcoded() async { await Law.hardcoded.holds() }

    @Test("Nobody gives what they do not have")
    func giving() async { await Law.giving.holds() }

    @Test("Nobody takes what is not theirs")
    func taking() async { await Law.taking.holds() }

    @Test("Forbidden is final")
    func forbidden() async { await Law.forbidden.holds() }

    @Test("Forbidden is final: whoever asks for it, at any level, does not get it")
    func forbiddenAsked() async { await Law.forbiddenAsked.holds() }

    @Test("Denied holds")
    func denied() async { await Law.denied.holds() }

    @Test("Caution is free: whoever has a say can always lower the setting")
    func caution() async { await Law.caution.holds() }

    @Test("Caution is free: the most cautious value is everybody's who has a say, from any scope")
    func mostCautious() async { await Law.mostCautious.holds() }

    @Test("Monotone: lowering the setting, the cap or a ceiling before a step raises none of them")
    func steps() async { await Law.steps.holds() }

    @Test("Monotone: adding a deny or a forbid raises neither setting nor ceiling of anybody")
    func restricting() async { await Law.restricting.holds() }

    @Test("Monotone: taking an allow away raises neither setting nor ceiling of anybody")
    func takingAllows() async { await Law.takingAllows.holds() }

    @Test("Silence never helps: withholding a claim that nobody assumes")
    func withholding() async { await Law.withholding.holds() }

    @Test("Silence never helps: weakening a claim's evidence")
    func weakening() async { await Law.weakening.holds() }

    @Test("Silence never helps: garbling a claim")
    func garbling() async { await Law.garbling.holds() }

    @Test("Silence never helps: nor does it about the time, the surface, the model or the language")
    func attributes() async { await Law.attributes.holds() }

    @Test("An unknown adjustment is as careful as one that holds and as one that does not")
    func unknown() async { await Law.unknown.holds() }

    @Test("Order: permuting a user's roles, or naming one twice, changes nothing")
    func order() async { await Law.order.holds() }

    @Test("Idempotence: naming a template again at the end of extends changes nothing")
    func idempotence() async { await Law.idempotence.holds() }

    @Test("Purity: a decision depends on nothing but charter, layers and request")
    func purity() async { await Law.purity.holds() }

    @Test("The decision without its trail is the one with it, and refused is the trail's refusals")
    func withoutTrail() async { await Law.withoutTrail.holds() }

    @Test("Folding the accepted steps of a trail alone gives the same decision")
    func replay() async { await Law.replay.holds() }

    @Test("A refused step changes nothing, and does not touch the rest of its adjustment")
    func refused() async { await Law.refused.holds() }

    @Test("A policy of fewer behaviors decides each of them as the whole does")
    func alone() async { await Law.alone.holds() }

    @Test("The verdict is that of the page, said a second way")
    func verdict() async { await Law.verdict.holds() }

    @Test("Saying an instruction again changes nothing but the trail")
    func repetitions() async { await Law.repetitions.holds() }

    @Test("The order of demands changes nothing in the verdict")
    func demandOrder() async { await Law.demandOrder.holds() }
}
