import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

@testable import CharterServer

/// The last decisions are kept, each for its own operator.
@Suite("Decision store")
struct DecisionStoreTests {
    private func record(_ id: String, of name: String) throws -> DecisionRecord {
        let charter = try #require(
            CharterDocument.read(
                SourceText(file: "a.md", text: "## A {#a authority=user default=off}\n")
            )
            .value)
        let enforcement = Enforcement(
            operatorName: name, policy: try Policy.compile(charter.charter), charter: charter,
            patterns: try PatternSet([]), replies: Replies())
        let arrival = Exchange.Arrival(id: id, at: Instant(seconds: 0), caller: Caller())
        let body = #"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#
        return try Exchange(Array(body.utf8), arrival, enforcement).record
    }

    @Test("The oldest makes room, and one that is kept again does not")
    func ring() throws {
        let store = DecisionStore(capacity: 3)
        for id in ["1", "2", "3", "3", "1"] { store.keep(try record(id, of: "a")) }
        #expect(["1", "2", "3"].allSatisfy { store.record($0, of: "a") != nil })
        store.keep(try record("4", of: "a"))
        #expect(store.record("1", of: "a") == nil)
        #expect(["2", "3", "4"].allSatisfy { store.record($0, of: "a") != nil })
        for id in ["5", "6", "7"] { store.keep(try record(id, of: "a")) }
        #expect(["2", "3", "4"].allSatisfy { store.record($0, of: "a") == nil })
    }

    @Test("Another operator's decision is nowhere")
    func operators() throws {
        let store = DecisionStore(capacity: 3)
        store.keep(try record("1", of: "a"))
        #expect(store.record("1", of: "b") == nil)
        #expect(store.record("2", of: "a") == nil)
    }
}
