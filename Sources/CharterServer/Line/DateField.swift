internal import Glibc

/// The `Date` of answers (RFC 9110, 5.6.7), written once a second.
struct DateField {
    private var second: Int64 = -1
    private var text = ""

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The field's value at a second since 1970.
    mutating func value(at second: Int64) -> String {
        if second == self.second { return text }
        self.second = second
        var clock = time_t(second)
        var parts = tm()
        gmtime_r(&clock, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = DateField.days[Int(parts.tm_wday)]
        let month = DateField.months[Int(parts.tm_mon)]
        text =
            "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
        return text
    }

    /// The field's value now.
    mutating func now() -> String { value(at: Int64(time(nil))) }
}
