import Testing

@testable import CharterEngine

/// Names are found by their bytes, whatever their length and however many there are.
@Suite("Name table")
struct NameTableTests {
    @Test("A name is found at its place, and no other name is", arguments: [0, 1, 4, 5, 9, 300])
    func places(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        var table = NameTable()
        var places: [[UInt8]: Int] = [:]
        while places.count < count {
            let name = Self.name(&generator)
            let place = places[Array(name.string.utf8), default: places.count]
            places[Array(name.string.utf8)] = place
            #expect(table.add(name) == place)
        }
        #expect(table.names.count == count)
        for name in table.names {
            #expect(table.place(of: name) == places[Array(name.string.utf8)])
        }
        for _ in 0..<2_000 {
            let name = Self.name(&generator)
            #expect(table.place(of: name) == places[Array(name.string.utf8)])
        }
    }

    @Test("Two spellings that look alike are two names")
    func spellings() {
        var table = NameTable()
        #expect(table.add("caf\u{E9}") == 0)
        #expect(table.place(of: "cafe\u{301}") == nil)
    }

    /// Few letters and all lengths up to 20, so that many names differ in one byte, at any place.
    private static func name(_ generator: inout SeededGenerator) -> Text {
        let letters = (0..<generator.below(21)).map { _ in generator.pick(["a", "b", "\u{E9}"]) }
        return Text(letters.joined())
    }
}
