import CUTF8Proc

/// Undoes how a text is dressed up, so that a pattern need not know: case, compatibility forms
/// (full-width and mathematical letters, ligatures), accents, invisible scalars.
///
/// It works scalar by scalar and never composes. So the normal form of a text is the normal forms
/// of its scalars in a row, whatever the cuts, but that of white space in a row the first is kept
/// and the rest dropped; and a literal that stands in a text stands in normal form in the normalized
/// text.
///
/// For each scalar: compatibility decomposition and full case folding (utf8proc), then dropped is
/// - what is invisible: default ignorables (zero-widths, joiners, bidi controls, soft hyphens,
///   variation selectors, tags), also those that are not assigned yet, interlinear annotation,
///   blanks that count as letters (U+2800, U+1D159), control characters but white space;
/// - marks that decorate: enclosing ones, and those of the combining classes 1 (overlays),
///   10 to 36 (the points of Hebrew, Arabic and Syriac, which these scripts write or not) and 200
///   upwards (accents around a letter). Marks that spell stay: vowel signs, viramas and nuktas,
///   kana voicing, the vowels and tones of Thai, Lao and Tibetan.
///
/// White space that is not ASCII becomes a space. Look-alike letters, leet and letters set apart are
/// not undone.
public struct TextNormalizer: Sendable {
    private var decoder = ScalarDecoder()
    /// Where the text is JSON, whose strings may spell scalars as escapes.
    private var escapes: EscapeDecoder?

    /// - Parameter readsEscapes: whether the text is JSON: `\u0062` is then a `b`.
    init(readsEscapes: Bool = false) {
        if readsEscapes { escapes = EscapeDecoder() }
    }

    /// The normal form of one scalar: empty where it is dropped, at most 18 scalars.
    public static func normalForm(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        withFolded(scalar) { $0.compactMap { Unicode.Scalar(UInt32(bitPattern: $0)) } }
    }

    /// The normal form of a whole text.
    public static func normalized(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            for form in normalForm(of: scalar) where !(isSpace(form) && isSpace(result.last)) {
                result.append(form)
            }
        }
        return String(result)
    }

    private static func isSpace(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map { NormalizedText.isSpace(Int32($0.value)) } ?? false
    }

    /// Takes the next bytes of a text; an incomplete scalar at their end waits for the rest.
    ///
    /// - Returns: How many bytes were taken: all, or up to the scalar at which `text` became
    ///   ``NormalizedText/isOverfull``.
    mutating func append(_ bytes: UnsafeRawBufferPointer, to text: inout NormalizedText) -> Int {
        var index = 0
        while index < bytes.count {
            if decoder.length == 0, !(escapes?.isOpen ?? false) {
                index = text.appendASCII(bytes, from: index, stopsAtBackslash: escapes != nil)
                guard index < bytes.count else { break }
            }
            if decoder.length == 0, let step = escapes?.decode(bytes[index]) {
                index += step.isTaken ? 1 : 0
                append(step, to: &text)
                if text.isOverfull { return index }
                continue
            }
            let taken = decoder.length
            switch decoder.decode(bytes[index]) {
            case .more:
                index += 1
            case .scalar(let scalar):
                index += 1
                append(scalar, length: taken + 1, to: &text)
            case .broken:
                append(ScalarDecoder.replacement, length: taken, to: &text)
            }
            if text.isOverfull { return index }
        }
        return index
    }

    /// Ends the text: a scalar that is still incomplete is none.
    mutating func finish(_ text: inout NormalizedText) {
        for step in escapes?.finish() ?? [] { append(step, to: &text) }
        guard decoder.length > 0 else { return }
        append(ScalarDecoder.replacement, length: decoder.length, to: &text)
        decoder = ScalarDecoder()
    }

    private func append(_ step: EscapeDecoder.Step, to text: inout NormalizedText) {
        guard let scalar = step.scalar else { return }
        append(scalar, length: step.length, to: &text)
        for scalar in step.rest { append(scalar, length: 1, to: &text) }
    }

    private func append(_ scalar: Unicode.Scalar, length: Int, to text: inout NormalizedText) {
        Self.withFolded(scalar) { text.append($0, from: scalar, length: length) }
    }

    /// More than any scalar's normal form has (18, U+FDFA).
    private static let longestForm = 32

    private static func withFolded<R>(
        _ scalar: Unicode.Scalar,
        _ body: (UnsafeMutableBufferPointer<Int32>) -> R
    ) -> R {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: longestForm) { form in
            let options =
                UTF8PROC_DECOMPOSE.rawValue | UTF8PROC_COMPAT.rawValue
                | UTF8PROC_CASEFOLD.rawValue | UTF8PROC_IGNORE.rawValue
            var boundary: Int32 = 0
            let count = utf8proc_decompose_char(
                Int32(scalar.value),
                form.baseAddress,
                longestForm,
                utf8proc_option_t(rawValue: options),
                &boundary
            )
            guard 0...longestForm ~= count else {
                form[0] = Int32(scalar.value)
                return body(.init(rebasing: form[..<1]))
            }
            if scalar.value > 0x7F, scalar.properties.isWhitespace {
                form[0] = 0x20
                return body(.init(rebasing: form[..<1]))
            }
            var kept = 0
            for index in 0..<count where !isDropped(form[index]) {
                form[kept] = form[index]
                kept += 1
            }
            return body(.init(rebasing: form[..<kept]))
        }
    }

    private static func isDropped(_ scalar: Int32) -> Bool {
        // Default ignorables that utf8proc does not know as such, and blanks.
        switch scalar {
        case 0x2065, 0x2800, 0xFFF0...0xFFF8, 0x1D159, 0xE0000...0xE0FFF: return true
        default: break
        }
        let property = utf8proc_get_property(scalar).pointee
        switch utf8proc_category_t(UInt32(property.category)) {
        case UTF8PROC_CATEGORY_ME:
            return true
        case UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MC:
            let kind = property.combining_class
            return kind == 1 || (10...36).contains(kind) || kind >= 200
        case UTF8PROC_CATEGORY_CC:
            return !(0x09...0x0D).contains(scalar)
        case UTF8PROC_CATEGORY_CF:
            return (0xFFF9...0xFFFB).contains(scalar)
        default:
            return false
        }
    }
}
