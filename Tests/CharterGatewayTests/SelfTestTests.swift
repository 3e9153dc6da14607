import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

/// What nobody may move is tried before it is relied upon.
@Suite("The self-test")
struct SelfTestTests {
    private let now = Instant(seconds: 1_800_000_000)

    private func charter(_ codes: String) throws -> Charter {
        let text = """
            ---
            charter: small
            claims: {age: int, job: [nurse, clerk]}
            ---

            ## Codes {#codes \(codes)}

            ## Tips {#tips authority=user default=off}
            """
        let reading = CharterDocument.read(SourceText(file: "small.md", text: text))
        return try #require(reading.value).charter
    }

    private func failures(
        _ policy: Charter, _ said: Charter, _ layer: Layer = Layer(), patterns: [Pattern] = []
    ) throws -> [String] {
        let policy = try Policy.compile(policy, .init(operators: [layer]))
        return SelfTest(said, try PatternSet(patterns), at: now).failures(of: policy)
            .map { "\($0.behavior): \($0.message)" }
    }

    @Test(
        "A policy of its own charter passes, whatever the layer says",
        arguments: [
            "authority=root default=off", "authority=root default=on",
            "authority=root default=on cautious=off",
        ])
    func passes(codes: String) throws {
        let charter = try charter(codes)
        var layer = Layer(name: "bold")
        layer.adjust = [Adjustment("tips", set: charter.behaviors[1].top)]
        layer.roles = [Layer.Role(name: "chief", isAdministrator: true)]
        #expect(try failures(charter, charter, layer) == [])
        #expect(try failures(charter.mostCautious, charter, layer).isEmpty)
    }

    @Test(
        "A policy in which somebody may move it does not",
        arguments: [
            ("authority=user default=off", "a probe moved what nobody may move"),
            ("authority=platform default=off", "a probe moved what nobody may move"),
            ("authority=root default=on cautious=off", "a probe moved what nobody may move"),
        ])
    func fails(codes: String, message: String) throws {
        let said = try charter("authority=root default=off")
        #expect(try failures(try charter(codes), said) == ["codes: \(message)"])
    }

    @Test("A policy that lacks it does not")
    func lacks() throws {
        let other = try #require(Charter(behaviors: []))
        #expect(
            try failures(other, try charter("authority=root default=off"))
                == ["codes: the policy lacks it"])
    }

    @Test("A literal pattern finds its own text")
    func patterns() throws {
        let charter = try charter("authority=root default=off")
        let patterns = [
            Pattern(behavior: "codes", place: .request, form: .literal("Launch  Code")),
            Pattern(behavior: "codes", place: .answer, form: .literal("omega")),
        ]
        #expect(try failures(charter, charter, patterns: patterns) == [])
    }
}
