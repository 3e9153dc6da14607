import CVectorscan

/// A pattern as Vectorscan takes it, and what Vectorscan says about its matches.
struct Expression: Sendable, Hashable {
    /// UTF-8 without NUL.
    var source: String
    var flags: UInt32
    /// The lengths that a match can have, in normalized bytes.
    var widths = 0...0
    /// Whether a match depends on what follows it (`\b`, `$`), so that it is told late, and not in
    /// the order of the ends.
    var looksAhead = false
    /// Whether a match may be replaced, so that its start is looked for in requests, too.
    let isReplaced: Bool

    /// Takes a literal in normal form and escaped, a regex as it stands.
    ///
    /// - Parameter isLinewise: `^` and `$` stand for the ends of lines, too.
    init(_ pattern: Pattern, isLinewise: Bool) {
        isReplaced = pattern.isReplaced
        // UTF8: a match begins and ends on scalar borders.
        flags = UInt32(HS_FLAG_UTF8)
        switch pattern.form {
        case .literal(let text):
            let normalized = TextNormalizer.normalized(text)
            source = Self.escaped(normalized)
            widths = normalized.utf8.count...normalized.utf8.count
        case .regex(let regex):
            source = regex
            if isLinewise { flags |= UInt32(HS_FLAG_MULTILINE) }
            if Self.mayNameUpperCase(regex) { flags |= UInt32(HS_FLAG_CASELESS) }
        }
    }

    /// Whether a regex must be compiled caseless.
    ///
    /// Text has no upper case, so that a regex without needs not; caseless, Vectorscan compiles twice
    /// as long, fails more often ("too large"), and takes a `k` for up to three bytes (U+212A).
    private static func mayNameUpperCase(_ regex: String) -> Bool {
        var isEscaped = false
        for scalar in regex.unicodeScalars {
            if isEscaped {
                // Codes and properties; other letters are classes, assertions or themselves.
                if "xocpPuN0123456789".unicodeScalars.contains(scalar) { return true }
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar.properties.changesWhenLowercased {
                return true
            }
        }
        return regex.contains("[:")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "\u{80}"...:
                result.unicodeScalars.append(scalar)
            case " ", "\t"..."\r": result += "\\s"
            default:
                result += "\\x{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return result
    }

    /// Fills in ``widths`` and ``looksAhead``, without compiling.
    ///
    /// - Throws: What keeps the pattern from being watched for, as far as this tells.
    mutating func measure(_ form: Pattern.Form) throws(PatternProblem.Kind) {
        guard !source.isEmpty else { throw .matchesEmpty }
        guard case .regex(let regex) = form else {
            guard widths.upperBound <= PatternSet.longestWidth else {
                throw .tooWide(bytes: widths.upperBound)
            }
            return
        }
        try Self.checkScalars(of: regex)
        guard !source.utf8.contains(0) else { throw .invalid(message: "A NUL cannot stand in it.") }
        var information: UnsafeMutablePointer<hs_expr_info_t>?
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        defer { free(information) }
        hs_expression_info(source, flags, &information, &failure)
        if let message = Database.message(freeing: failure) { throw .invalid(message: message) }
        guard let found = information?.pointee else { throw .invalid(message: "No memory.") }
        guard found.min_width > 0 else { throw .matchesEmpty }
        guard found.max_width != .max else { throw .unbounded }
        guard found.max_width <= PatternSet.longestWidth else {
            throw .tooWide(bytes: Int(found.max_width))
        }
        widths = Int(found.min_width)...Int(found.max_width)
        looksAhead = found.unordered_matches != 0 || found.matches_at_eod != 0
    }

    /// - Throws: The first scalar that no normalized text holds; upper case is fine, as caseless.
    private static func checkScalars(of regex: String) throws(PatternProblem.Kind) {
        for scalar in regex.unicodeScalars where !scalar.isASCII {
            let form = TextNormalizer.normalForm(of: scalar)
            let lowercase = Array(scalar.properties.lowercaseMapping.unicodeScalars)
            guard form != [scalar], form != lowercase else { continue }
            throw .neverInText(scalar: scalar, normalForm: String(String.UnicodeScalarView(form)))
        }
    }
}
