import CharterDocuments
import CharterEngine
import Testing

/// What stands in place of words that are replaced.
@Suite("The words of a redaction")
struct RedactionWordsTests {
    private func read(_ replies: String) throws -> Reading<Replies> {
        let text = """
            # Till

            ## Cards {#cards authority=operator default=off otherwise=transform}

            ## Prices {#prices authority=operator default=off otherwise=refuse}
            """
        let charter = try #require(
            CharterDocument.read(SourceText(file: "charter.md", text: text)).value)
        return Replies.read(SourceText(file: "replies.yaml", text: replies), charter.charter)
    }

    @Test("are said by language, and have a standard")
    func languages() throws {
        let replies = try #require(
            read("cards: {redaction: {en: '[card]', de: '[Karte]'}}").value)
        for (language, words) in [(nil, "[card]"), ("de-AT", "[Karte]"), ("fr", "[card]")] {
            #expect(replies.redaction(of: "cards", language: language) == words)
        }
        #expect(replies.redaction(of: "prices", language: "de") == "[redacted]")
        #expect(Replies().redaction(of: "cards", language: nil) == "[redacted]")
    }

    @Test(
        "say something, and are for behaviors that call for it",
        arguments: [
            ("cards: {redaction: '[card]'}", [] as [String]),
            ("cards: {redaction: ''}", ["replies.bad-value"]),
            ("cards: {redaction: {en: '[card]', de: '  '}}", ["replies.bad-value"]),
            ("prices: {redaction: '[price]'}", ["replies.no-redaction"]),
            ("cards: {redacted: '[card]'}", ["replies.unknown-key"]),
        ])
    func diagnostics(replies: String, expected: [String]) throws {
        #expect(try read(replies).diagnostics.map(\.id) == expected)
    }
}
