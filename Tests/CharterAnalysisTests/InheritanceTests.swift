import CharterAnalysis
import CharterDocuments
import CharterEngine
import Testing

/// What an operator sets and inherits.
@Suite("Inheritance")
struct InheritanceTests {
    private static let charter = """
        ---
        charter: desk
        version: "2"
        claims: {age: int}
        ---

        # Desk

        ## Doses of medicine {#doses authority=operator default=off}

        Says how much of a medicine to take.

        ## Weapons {#weapons authority=root default=off}

        Never.

        ## Greeting {#greeting authority=user default=on cautious=off}

        Says hello.

        ## Billing {#billing authority=platform default=off}

        Charges cards.
        """

    private func inheritance(_ layers: [String]) throws -> Inheritance {
        let charter = try #require(
            CharterDocument.read(SourceText(file: "desk.md", text: Self.charter)).value)
        let reading = PolicyDocuments.read(
            charter,
            operators: layers.enumerated().map {
                SourceText(file: "layer\($0.offset).yaml", text: $0.element)
            })
        let documents = try #require(reading.value, "\(reading.diagnostics)")
        return try #require(try Inheritance(documents))
    }

    private func entry(_ id: BehaviorID, of inheritance: Inheritance) throws -> Inheritance.Entry {
        try #require(inheritance.entries.first { $0.behavior == id })
    }

    @Test("Each behavior says who settled it, and who may change it")
    func entries() throws {
        let inheritance = try inheritance([
            "layer: operator\nname: group\nadjust: {greeting: off}\n",
            "layer: operator\nname: ward\nunder: group\nadjust:\n  doses: {set: on, reason: it is a ward}\n",
        ])
        #expect(inheritance.above == ["group"])
        let doses = try entry("doses", of: inheritance)
        #expect(doses.isSaid && doses.setting == "on")
        #expect(doses.from.layer == "ward" && doses.from.position.line == 5)
        #expect(doses.adjustments.map(\.operations) == [["set on"]])
        #expect(doses.adjustments.first?.notes.reason == "it is a ward")
        let greeting = try entry("greeting", of: inheritance)
        #expect(!greeting.isSaid && greeting.setting == "off")
        #expect(greeting.from.layer == "group" && greeting.from.file == "layer0.yaml")
        #expect(greeting.mayOperatorChange && greeting.mayUserChange)
        let weapons = try entry("weapons", of: inheritance)
        #expect(weapons.isHardcoded && !weapons.mayOperatorChange && weapons.from.layer == nil)
        let billing = try entry("billing", of: inheritance)
        #expect(!billing.isHardcoded && !billing.mayOperatorChange)
        #expect(billing.from.file == "desk.md" && billing.from.position.line == 21)
    }

    @Test("What is near to the purpose comes first")
    func relevance() throws {
        let medical = try inheritance([
            "layer: operator\nname: a\npurpose: A pharmacy that explains medicines and doses\n"
        ])
        #expect(medical.entries.first?.behavior == "doses")
        let billing = try inheritance([
            "layer: operator\nname: a\npurpose: Collects what cards are charged, billing alone\n"
        ])
        #expect(billing.entries.first?.behavior == "billing")
        let none = try inheritance(["layer: operator\nname: a\n"])
        #expect(none.entries.map(\.behavior) == ["doses", "weapons", "greeting", "billing"])
    }

    @Test("Exceptions come as they are due, and a layer for another charter is told")
    func exceptions() throws {
        let inheritance = try inheritance([
            """
            layer: operator
            name: a
            written_for: desk 1
            adjust:
              doses:
                - {set: on, until: 2030-01-31, owner: b}
                - {allow: on, when: claims.age > 3, ticket: T-1}
                - {set: on, until: 2028-02-29}
            """
        ])
        #expect(inheritance.exceptions.map { $0.until?.date } == ["2028-02-29", "2030-01-31", nil])
        #expect(inheritance.exceptions.last?.said.condition == "claims.age > 3")
        #expect(inheritance.mismatch?.writtenFor == "desk 1")
        #expect(inheritance.mismatch?.used == "desk 2")
        #expect(try self.inheritance(["layer: operator\nwritten_for: desk 2\n"]).mismatch == nil)
    }

    @Test(
        "A day is written as it is read",
        arguments: [
            "1970-01-01", "1969-12-31", "2000-02-29", "2100-03-01", "1600-12-31", "9999-12-31",
        ])
    func dates(day: String) {
        #expect(Instant(parsing: day)?.date == day)
    }
}
