/// Finds one sequence of bytes in another: the two-way algorithm of Crochemore and Perrin (1991).
///
/// Time is linear in both and nothing is allocated, so that a long claim beside a long pattern of a
/// condition costs no more than reading them.
struct TextSearch {
    private let part: UnsafeBufferPointer<UInt8>
    /// Where the part is cut: the right piece is compared first, forwards, then the left, backwards.
    private let cut: Int
    private let period: Int
    /// How much of the part is known to match after a shift by its period; 0 where it has none.
    private let known: Int

    init(_ part: UnsafeBufferPointer<UInt8>) {
        self.part = part
        let (less, greater) = (
            TextSearch.greatestSuffix(of: part, <), TextSearch.greatestSuffix(of: part, >)
        )
        let suffix = less.start > greater.start ? less : greater
        cut = suffix.start
        let isPeriodic =
            suffix.start + suffix.period <= part.count
            && part[..<suffix.start].elementsEqual(
                part[suffix.period..<(suffix.start + suffix.period)])
        period = isPeriodic ? suffix.period : max(suffix.start, part.count - suffix.start) + 1
        known = isPeriodic ? part.count - suffix.period : 0
    }

    /// Whether the part stands anywhere in `text`.
    func isFound(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        var matched = 0
        while text.count - start >= part.count {
            var place = max(cut, matched)
            while place < part.count, part[place] == text[start + place] { place += 1 }
            if place < part.count {
                start += place - cut + 1
                matched = 0
                continue
            }
            place = cut
            while place > matched, part[place - 1] == text[start + place - 1] { place -= 1 }
            if place <= matched { return true }
            start += period
            matched = known
        }
        return false
    }

    /// Where the suffix begins that is the greatest in this order of bytes, and its period.
    private static func greatestSuffix(
        of part: UnsafeBufferPointer<UInt8>, _ isBefore: (UInt8, UInt8) -> Bool
    ) -> (start: Int, period: Int) {
        var start = 0
        var candidate = 1
        var offset = 0
        var period = 1
        while candidate + offset < part.count {
            let (new, old) = (part[candidate + offset], part[start + offset])
            if new == old {
                offset += 1
                if offset == period {
                    candidate += period
                    offset = 0
                }
            } else if isBefore(new, old) {
                candidate += offset + 1
                offset = 0
                period = candidate - start
            } else {
                start = candidate
                candidate += 1
                offset = 0
                period = 1
            }
        }
        return (start, period)
    }
}
