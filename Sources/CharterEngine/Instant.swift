/// A moment in time, exact to the attosecond.
///
/// The engine reads no clock: an instant comes from a request's `at` or from a document's `from` and
/// `until` (SEMANTICS §3, §5).
public struct Instant: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let seconds: Int64
    /// 10⁻¹⁸ seconds, from 0.
    public let attoseconds: Int64

    /// `attoseconds` is from 0 to below 10¹⁸, which is not checked.
    public init(seconds: Int64, attoseconds: Int64 = 0) {
        self.seconds = seconds
        self.attoseconds = attoseconds
    }

    /// Its second in UTC as an RFC 3339 date-time, `2026-11-29T15:30:00Z`.
    public var dateTime: String {
        func padded(_ number: Int64, _ digits: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let days = (Double(seconds) / 86_400).rounded(.down)
        let second = seconds - Int64(days) * 86_400
        let (year, month, day) = Instant.date(ofDay: Int64(days))
        return "\(padded(year, 4))-\(padded(month))-\(padded(day))T"
            + "\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60))Z"
    }

    /// The date of a day, counted from 1970-01-01: years begin in March, so that the leap day is the last.
    private static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// Whether `left` is earlier.
    public static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.attoseconds) < (right.seconds, right.attoseconds)
    }

    /// Reads an RFC 3339 date-time, or a date, which is its first instant in UTC; nil for any other
    /// text. Digits of a second beyond the eighteenth are cut off; a leap second is the second after.
    public init?(parsing text: String) {
        var reader = DigitReader(bytes: Array(text.utf8)[...])
        guard let year = reader.number(digits: 4), reader.take("-"),
            let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), (1...12).contains(month),
            day >= 1, day <= Instant.daysInMonth(month, year: year)
        else { return nil }
        let days = Instant.daysSinceEpoch(year: year, month: month, day: day)
        if reader.isAtEnd {
            self.init(seconds: days * 86_400)
            return
        }
        guard reader.take("T") || reader.take("t"),
            let hour = reader.number(digits: 2), hour <= 23, reader.take(":"),
            let minute = reader.number(digits: 2), minute <= 59, reader.take(":"),
            let second = reader.number(digits: 2), second <= 60
        else { return nil }
        var attoseconds: Int64 = 0
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            attoseconds = fraction
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let time = hour * 3_600 + minute * 60 + second
        self.init(seconds: days * 86_400 + time - offset, attoseconds: attoseconds)
    }

    private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Howard Hinnant's `days_from_civil`: the year is counted from March, so that a leap day is last.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads the digits and marks of RFC 3339 from the front of a text.
private struct DigitReader {
    var bytes: ArraySlice<UInt8>

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: mark) else { return false }
        bytes.removeFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
            return nil
        }
        bytes.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    mutating func fraction() -> Int64? {
        guard var attoseconds = digit() else { return nil }
        var digits = 1
        while let digit = digit() {
            digits += 1
            if digits <= 18 { attoseconds = attoseconds * 10 + digit }
        }
        while digits < 18 {
            attoseconds *= 10
            digits += 1
        }
        return attoseconds
    }

    mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hour = number(digits: 2), hour <= 23, take(":"),
            let minute = number(digits: 2), minute <= 59
        else { return nil }
        return sign * (hour * 3_600 + minute * 60)
    }
}
