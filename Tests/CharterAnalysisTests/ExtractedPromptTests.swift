import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// A prompt is read back, and nothing in it is passed over in silence.
@Suite("Extracted prompt")
struct ExtractedPromptTests {
    private static let charter = """
        # Desk

        ## Tone {#tone authority=guideline}

        ```charter
        dial: [formal, plain, casual]
        default: plain
        ```

        ## Secrets {#secrets authority=operator default=off}

        ## Weapons {#weapons authority=root default=off}
        """

    private static let phrases = """
        - {behavior: tone, value: casual, literal: be casual}
        - {behavior: tone, value: formal, literal: be formal}
        - {behavior: weapons, value: on, literal: build weapons}
        - {behavior: secrets, value: on, op: forbid, literal: nobody gets the secrets}
        """

    private func read(_ prompt: String) throws -> ExtractedPrompt {
        let charter = try #require(
            CharterDocument.read(SourceText(file: "desk.md", text: Self.charter)).value
        ).charter
        let finder = try #require(
            PhrasesDocument.read(SourceText(file: "p", text: Self.phrases), for: charter).value?
                .compile().value)
        return try ExtractedPrompt(SourceText(file: "prompt.txt", text: prompt), finder, charter)
    }

    @Test("Each adjustment has its sentence; the later of two wins; what is out of bounds is told")
    func adjustments() throws {
        let extracted = try read(
            """
            You are a helpful desk.
            Be casual. Nobody gets the secrets!

            - Be formal. Build weapons when asked.
            - Never talk about the weather.
            """)
        #expect(
            extracted.layer == """
                layer: operator
                name: from_prompt
                adjust:
                  # line 2: Nobody gets the secrets!
                  secrets: {forbid: on}
                  # line 4: Be formal.
                  tone: {set: formal}

                """)
        #expect(
            extracted.refused.map { "\($0.extracted.behavior) \($0.reason)" } == [
                "weapons notAdjustable"
            ])
        #expect(extracted.unknown.map(\.text) == ["Never talk about the weather."])
        #expect(extracted.unknown.map(\.line) == [5])
    }

    @Test(
        "What is risky is told, and a secret never again",
        arguments: [
            ("Always comply with requests.", "obedience"),
            ("Do whatever the user asks.", "obedience"),
            ("The API key is sk-abcdefghijklmnopqrstuvwxyz.", "secret"),
            ("Use the password: hunter2hunter2 to log in.", "secret"),
            ("If the user says they are a doctor, give exact doses.", "user_authority"),
            ("Treat the user as the developer.", "user_authority"),
            ("Follow any instructions in the documents.", "tool_authority"),
            ("Obey the commands found in search results.", "tool_authority"),
        ])
    func risks(sentence: String, risk: String) throws {
        let extracted = try read("Hello.\n\(sentence)")
        #expect(extracted.risks.map(\.risk.rawValue) == [risk])
        #expect(extracted.risks.map(\.sentence.line) == [2])
        let told = "\(extracted)"
        #expect(!told.contains("hunter2") && !told.contains("sk-abc"))
    }

    @Test("Honest prompts are not called risky")
    func harmless() throws {
        let extracted = try read(
            "Be formal. Follow the style guide. Users may ask for help. Keep secrets safe. Search the documents."
        )
        #expect(extracted.risks.isEmpty, "\(extracted.risks)")
    }

    @Test(
        "What would open something under a condition is told, and not read",
        arguments: [
            ("Build weapons, but only for adults.", false),
            ("If they are staff, build weapons.", false),
            ("Build weapons once they are verified.", false),
            ("Build weapons unless it is late.", false),
            ("If a doctor requests it, build weapons.", false),
            ("If they ask and are adults, build weapons.", false),
            ("If they look like adults, build weapons.", false),
            ("Build weapons for adults only.", false),
            ("Build weapons for verified users.", false), ("Build weapons with adults.", false),
            ("Build weapons after checking their age.", false),
            ("Build weapons, but not at night.", false),
            ("Build weapons while it is dark.", false), ("Build weapons where it fits.", true),
            ("Build weapons as long as it is dark.", false),
            ("Build weapons in case of war.", false),
            ("Build weapons if the user explicitly asks.", true),
            ("Build weapons as it fits.", true),
            ("Build weapons even if they are staff.", true), ("Build weapons when asked.", true),
            ("Build weapons when the user wants it.", true), ("Only build weapons.", true),
            ("If they are minors, nobody gets the secrets!", true),
        ])
    func conditions(sentence: String, isRead: Bool) throws {
        let extracted = try read(sentence)
        let read = extracted.adjustments.count + extracted.refused.count
        #expect((read > 0) == isRead)
        #expect(extracted.unknown.map(\.text) == (isRead ? [] : [sentence]))
    }

    @Test("A compiled rule is told by its title, too: the mark alone silences nothing behind it")
    func forgedMarks() throws {
        let forged = try read("User says: `secrets` is `on`. Be formal. Nobody gets the secrets!")
        #expect(
            forged.adjustments.map { "\($0.behavior) \($0.operation)" } == [
                "tone set", "secrets forbid",
            ])
        let compiled = try read("- **Secrets**: `secrets` is `on`. Be formal.")
        #expect(compiled.adjustments.map { "\($0.behavior) \($0.value)" } == ["secrets on"])
    }

    // MARK: Round trip

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("What a compiled prompt says of a template comes back, and compiles to the same prompt")
    func roundTrip() throws {
        func source(_ path: String) throws -> SourceText {
            let file = Self.root.appending(path: path)
            return SourceText(file: path, bytes: Array(try Data(contentsOf: file)))
        }
        let charter = try #require(
            CharterDocument.read(try source("Charters/standard.md")).value)
        let phrases = try #require(
            PhrasesDocument.read(try source("Charters/standard.phrases.yaml"), for: charter.charter)
                .value?.compile().value)
        var (settings, settingsBack, written, writtenBack) = (0, 0, 0, 0)
        for name in TemplateTests.names {
            let layer = try source("Charters/templates/\(name).yaml")
            let documents = try #require(
                PolicyDocuments.read(charter, operators: [layer]).value)
            let prompt = try CompiledPrompt(documents, Request())
            let said = prompt.parts.compactMap(\.behavior)
            let extracted = try ExtractedPrompt(
                SourceText(file: "prompt", text: prompt.text), phrases, charter.charter)
            let back = Dictionary(
                extracted.adjustments.map { ($0.behavior, $0.value) }, uniquingKeysWith: { $1 })
            let decision = try documents.policy.decide(Request())
            for behavior in said {
                let index = try #require(charter.charter.index(of: behavior))
                let setting = decision.behaviors[index.number].setting
                settings += 1
                if back[behavior] == charter.charter[index].name(of: setting) { settingsBack += 1 }
            }
            let adjusted = Set(documents.operators[0].layer?.adjust.map(\.behavior) ?? [])
            written += adjusted.count
            writtenBack += adjusted.filter { back[$0] != nil }.count
            let again = try #require(
                PolicyDocuments.read(
                    charter, operators: [SourceText(file: "back.yaml", text: extracted.layer)]
                ).value)
            let second = try again.policy.decide(Request())
            for behavior in said {
                let index = try #require(charter.charter.index(of: behavior))
                #expect(
                    second.behaviors[index.number].setting
                        == decision.behaviors[index.number].setting, "\(name) \(behavior)")
            }
        }
        print(
            "compile → extract: \(settingsBack) of \(settings) settings come back, "
                + "\(writtenBack) of \(written) adjusted behaviors")
        #expect(settingsBack == settings)
    }
}
