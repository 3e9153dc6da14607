import Testing

@testable import CharterDetection

/// What was read is not read again, and nothing else is taken for it.
@Suite("Text readings")
struct TextReadingsTests {
    private static func text(_ number: Int) -> [UInt8] {
        Array("A text that is long enough to be remembered, with a number: \(number)".utf8)
    }

    @Test("A text is read once, wherever its bytes stand")
    func once() {
        let readings = TextReadings<Int>()
        var count = 0
        for _ in 0..<3 {
            let inside = Array("before ".utf8) + Self.text(1) + Array(" behind".utf8)
            for bytes in [Self.text(1)[...], inside.dropFirst(7).dropLast(7)] {
                let reading = readings.reading(of: bytes) { () -> Int in
                    count += 1
                    return bytes.count
                }
                #expect(reading == Self.text(1).count)
            }
        }
        #expect(count == 1)
    }

    @Test("Each text has its own reading, also where there are many more than are kept")
    func many() {
        let readings = TextReadings<Int>(capacity: 16)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            let number = Int.random(in: 0..<100, using: &generator)
            #expect(readings.reading(of: Self.text(number)[...]) { number } == number)
        }
    }

    @Test("What was asked for lately is kept, what was not is forgotten")
    func generations() {
        let readings = TextReadings<Int>(capacity: 4)
        var read: [Int] = []
        func ask(_ number: Int) {
            _ = readings.reading(of: Self.text(number)[...]) { () -> Int in
                read.append(number)
                return number
            }
        }
        for number in 1...20 {
            ask(0)
            ask(number)
        }
        #expect(read.count { $0 == 0 } == 1)
        ask(1)
        #expect(read.count { $0 == 1 } == 2)
    }

    @Test("A reading that failed is tried again")
    func failure() throws {
        let readings = TextReadings<Int>()
        let text = Self.text(1)[...]
        #expect(throws: ScanError.outOfMemory) {
            _ = try readings.reading(of: text) { () throws(ScanError) in throw .outOfMemory }
        }
        #expect(readings.reading(of: text) { 5 } == 5)
    }
}
