extension StringProtocol {
    /// The words of a text with one space between them: no white space in it begins a line.
    var onOneLine: String {
        var words = String.UnicodeScalarView()
        var isBehindSpace = false
        for scalar in unicodeScalars {
            if scalar.isSpace {
                isBehindSpace = !words.isEmpty
                continue
            }
            if isBehindSpace { words.append(" ") }
            isBehindSpace = false
            words.append(scalar)
        }
        return String(words)
    }
}

extension Unicode.Scalar {
    /// As Unicode has it; its tables are asked for what is no ASCII alone, since they are slow.
    fileprivate var isSpace: Bool {
        isASCII ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
    }
}
