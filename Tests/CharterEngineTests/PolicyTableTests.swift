import Testing

@testable import CharterEngine

/// A policy is found under its key, however many there are.
@Suite("Policy table")
struct PolicyTableTests {
    @Test("A policy is found under its key alone", arguments: [0, 1, 7, 8, 9, 2_000])
    func keys(count: Int) throws {
        let policies = try (0..<2).map { _ in try Policy.compile(try LimitTests.charter()) }
        var table = PolicyTable()
        for number in 0..<count { table.set(policies[number % 2], for: Text("key \(number)")) }
        #expect(table.count == count)
        for number in 0..<count { #expect(table[Text("key \(number)")] === policies[number % 2]) }
        for absent in ["", "key", "key \(count)", "key 0 "] { #expect(table[Text(absent)] == nil) }
    }

    @Test("A policy takes the place of the one before")
    func replacing() throws {
        let (first, second) = (
            try Policy.compile(try LimitTests.charter()),
            try Policy.compile(try LimitTests.charter())
        )
        var table = PolicyTable()
        table.set(first, for: "caf\u{E9}")
        table.set(second, for: "caf\u{E9}")
        #expect(table.count == 1)
        #expect(table["caf\u{E9}"] === second)
        #expect(table["cafe\u{301}"] == nil)
    }
}
