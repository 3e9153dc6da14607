public import CharterDocuments
public import CharterEngine

/// A system prompt made of a policy: what is in force for an operator, a user and a context, where it
/// is not what the charter says anyway.
///
/// The same documents and request give the same bytes, so that a server may cache what it made of
/// them. What users say (names, claims) stands as JSON strings between two lines that hold a digest of
/// all that is between them: no text can forge the end of its own block, and none can begin a line.
public struct CompiledPrompt: Sendable {
    /// The prompt.
    public let text: String
    /// Its parts, in order; joined they are the text.
    public let parts: [Part]
    /// What the budget had no room for, the most important first.
    public let leftOut: [BehaviorID]
    /// About how many tokens it takes; seldom fewer in fact.
    public var tokens: Int { CompiledPrompt.tokens(text) }

    /// A stretch of the prompt, and where it comes from.
    public struct Part: Sendable {
        /// Its text, with the line end behind it.
        public let text: String
        /// The behavior that it is about; nil for what frames them.
        public let behavior: BehaviorID?
        /// What put the value in force: an adjustment, or the charter's default.
        public let origin: Inheritance.Origin?
    }

    /// What a prompt is made for.
    public struct Options: Sendable {
        /// How it is written.
        public var style: PromptStyle
        /// The most tokens, as `tokens` counts; nil: as many as it takes.
        public var budget: Int?

        /// Markdown without a bound, unless told.
        public init(style: PromptStyle = .markdown, budget: Int? = nil) {
            self.style = style
            self.budget = budget
        }
    }

    /// Compiles the prompt of a request; O(behaviors + the charter's prose).
    ///
    /// - Throws: where the request names a channel that the operator does not have.
    public init(
        _ documents: PolicyDocuments, _ request: Request, user: UserLayer? = nil,
        _ options: Options = .init()
    ) throws(RequestError) {
        let decision = try documents.policy.decide(request, user: user, withTrail: true)
        let rules = PromptRules(documents, decision, request)
        let style = options.style
        let opening = style.opening(purpose: documents.operators.last?.purpose)
        let closing = style.closing(context: CompiledPrompt.context(request))
        var room = options.budget.map { $0 - CompiledPrompt.tokens(opening + closing) } ?? .max
        var kept: [(place: Int, part: Part)] = []
        var leftOut: [BehaviorID] = []
        for rule in rules.byImportance {
            let item = style.item(rule.title, rule.text, rule.reason)
            let cost = CompiledPrompt.tokens(item)
            if cost <= room {
                room -= cost
                let part = Part(text: item, behavior: rule.behavior, origin: rule.origin)
                kept.append((rule.place, part))
            } else {
                leftOut.append(rule.behavior)
            }
        }
        kept.sort { $0.place < $1.place }
        var parts = [Part(text: opening, behavior: nil, origin: nil)] + kept.map(\.part)
        if !closing.isEmpty { parts.append(Part(text: closing, behavior: nil, origin: nil)) }
        self.parts = parts
        self.leftOut = leftOut
        text = parts.map(\.text).joined()
    }

    /// A third of the bytes, rounded up: texts of most languages take fewer tokens in most models.
    static func tokens(_ text: String) -> Int { (text.utf8.count + 2) / 3 }

    // MARK: What users say

    /// What is known of the user, as lines that nothing in them can end; nil where nothing is known.
    private static func context(_ request: Request) -> PromptContext? {
        var lines: [String] = []
        func add(_ name: String, _ value: String) {
            lines.append("\(name): \(PromptContext.quoted(value))")
        }
        if let user = request.user { add("user", user.string) }
        for role in request.roles { add("role", role.string) }
        if let channel = request.channel { add("channel", channel.string) }
        if let surface = request.surface { add("surface", surface.string) }
        if let language = request.language { add("language", language.string) }
        for (name, claim) in request.claims.sorted(by: { $0.key < $1.key }) {
            let value =
                switch claim.value {
                case .int(let number): "\(number)"
                case .double(let number): "\(number)"
                case .bool(let isTrue): "\(isTrue)"
                case .text(let text): PromptContext.quoted(text.string)
                case .garbled: "\"\""
                }
            let shown = "\(claim.evidence)"
            lines.append("\(PromptContext.quoted(name.string)): \(value), \(shown)")
        }
        return lines.isEmpty ? nil : PromptContext(lines: lines)
    }
}

/// Facts about whoever is asking, between two lines that hold a digest of them.
public struct PromptContext: Sendable {
    /// One fact a line.
    public let lines: [String]

    /// A JSON string of letters, digits, spaces and a few marks; everything else is escaped, so that it
    /// neither ends its line nor looks like what a server or a model takes for structure.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            let isPlain =
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || " .,:;_-@+'!?/".unicodeScalars.contains(scalar)
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return result + "\""
    }

    /// 64 bits of a digest of the lines, as 16 hexadecimal digits.
    public var mark: String {
        let bytes = PolicyDocuments.digest(of: [
            SourceText(file: "", text: lines.joined(separator: "\n"))
        ])?.bytes
        let digits = Array("0123456789abcdef")
        return String(
            (bytes ?? []).prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
