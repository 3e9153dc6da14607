/// The regular expressions that sentences of prompts are looked at with: made once for each prompt, since
/// making them takes longer than matching.
struct PromptExpressions {
    /// `` `id` is `value` ``.
    let mark = /`([a-z][a-z0-9_]*)` is `([^`]+)`/
    private let beginning =
        /^(?:please |and |but |also |if .{1,120}?, ?)?(?:always|never|do not|don['’]t|you (?:must|should|may|can|will|are (?:not )?(?:allowed|to))|only|avoid|make sure|ensure|refuse|decline|answer|respond|reply|use|keep|be|write|ask|tell|say|give|offer|include|mention|stay|speak|treat|when|ignore|trust|believe|assume|follow|help|discuss|talk|speak|no )\b/
        .ignoresCase()
    private let obedience =
        /always comply|never refuse|(?:do|follow|obey) (?:exactly )?(?:what(?:ever)?|anything|everything) (?:the |a )?(?:user|customer|they|he|she)|(?:no|without) (?:any )?(?:restrictions|limits|filters)|ignore (?:all |any |the )?(?:previous |prior |other )?(?:instructions|safety|guidelines|policies|rules)/
        .ignoresCase()
    private let secret =
        /\bsk-[A-Za-z0-9_-]{8,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|xox[a-z]-[A-Za-z0-9-]{10,}|BEGIN [A-Z ]*PRIVATE KEY|(?:password|passphrase|api key|access code|pin|secret)\b.{0,40}?(?: is:?|:) ?(?=\S*[0-9])\S{4,}/
        .ignoresCase()
    private let userAuthority =
        /(?:trust|believe) (?:what(?:ever)? |anything |everything )?(?:that )?(?:the |any |every |all )?users?\b|treat (?:the |any |every )?users?\b.{0,60}(?:admin|developer|operator|owner)|if (?:the |a |any )?(?:user|customer|caller|client|member|someone|somebody|they) (?:says?|claims?|states?|tells? you).{0,80}(?:admin|developer|doctor|nurse|adult|18|verified|staff|employee|owner)/
        .ignoresCase()
    private let toolAuthority =
        /(?:trust|believe) (?:what(?:ever)? |anything |everything )?(?:that )?(?:the |any |every |all )?(?:documents?|pages?|emails?|tools?|results?|websites?|files?|search)\b|(?:follow|obey|execute|carry out) (?:the |any |all |whatever )?(?:instructions|orders|commands|directions) (?:in|from|inside|given by|found in|contained in) (?:the |any |all |a )?(?:retrieved |linked |attached |found )?(?:documents?|pages?|emails?|tools?|results?|websites?|files?|search)/
        .ignoresCase()

    /// Whether a sentence tells somebody what to do.
    func isInstruction(_ sentence: String) -> Bool { sentence.firstMatch(of: beginning) != nil }

    /// What is risky about a sentence, by rules.
    func risks(in sentence: String) -> [ExtractedPrompt.Risk] {
        ExtractedPrompt.Risk.allCases.filter { risk in
            switch risk {
            case .obedience: sentence.firstMatch(of: obedience) != nil
            case .secret: sentence.firstMatch(of: secret) != nil
            case .userAuthority: sentence.firstMatch(of: userAuthority) != nil
            case .toolAuthority: sentence.firstMatch(of: toolAuthority) != nil
            }
        }
    }
}
