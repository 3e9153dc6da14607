import Testing

@testable import CharterGateway

/// An event that repeats a form is what parsing it would have made of it.
@Suite("Forms of events")
struct ChunkFormTests {
    private static func event(_ text: String, id: String = "x", index: Int = 0) -> [UInt8] {
        Array(
            (#"{"id":"\#(id)","object":"chat.completion.chunk","choices":[{"index":\#(index),"delta":"#
                + #"{"content":"\#(text)"},"logprobs":null,"finish_reason":null}],"usage":null}"#)
                .utf8)
    }

    private static func event(_ data: [UInt8]) -> ServerSentEvents.Event {
        var event = ServerSentEvents.Event()
        event.data = data
        return event
    }

    private static let form = try? ChunkForm(ChatChunk(event(event("A"))))

    @Test(
        "A text of plain characters is read as a parser reads it",
        arguments: [
            "b", " and more", "naïve 日本語 👩‍🔬", "{}[]:,'/", "\u{7F}",
            String(repeating: "x", count: 10_000),
        ])
    func plain(text: String) throws {
        let form = try #require(Self.form)
        let data = Self.event(text)
        let quick = try #require(form.chunk(Self.event(data)))
        let parsed = try ChatChunk(Self.event(data))
        #expect(quick.choices.count == 1 && quick.source == data)
        let (one, other) = (quick.choices[0], parsed.choices[0])
        #expect(one.index == other.index && one.isLast == other.isLast)
        #expect(one.pieces.map(\.part) == other.pieces.map(\.part))
        #expect(one.pieces.map { Array($0.text) } == other.pieces.map { Array($0.text) })
        #expect(Array(one.pieces[0].text) == Array(text.utf8))
        for shortened in [nil, Array("cut".utf8)[...]] as [ArraySlice<UInt8>?] {
            var outputs: [[UInt8]] = [[], []]
            for (place, chunk) in [quick, parsed].enumerated() {
                if let shortened {
                    chunk.write(0, to: &outputs[place]) {
                        chunk.choices[0].pieces[0].writeMember(
                            PieceEdits(text: Array(shortened)), to: &$0)
                    }
                } else {
                    chunk.write(to: &outputs[place])
                }
            }
            #expect(outputs[0] == outputs[1])
        }
    }

    @Test(
        "Whatever might not be one is left to the parser",
        arguments: [
            #"\n"#, #"\u0041"#, #"\\"#, #"a","refusal":"b"#, #"a"},"x":{"y":"b"#, "\u{1}", "a\nb",
            "", "a\tb",
        ])
    func others(text: String) throws {
        #expect(try #require(Self.form).chunk(Self.event(Self.event(text))) == nil)
    }

    @Test("Another form, bytes that are no UTF-8, a type and several lines are left to the parser")
    func otherForms() throws {
        let form = try #require(Self.form)
        #expect(form.chunk(Self.event(Self.event("b", id: "y"))) == nil)
        #expect(form.chunk(Self.event(Self.event("b", index: 1))) == nil)
        #expect(form.chunk(Self.event(Self.event("b") + [0x20])) == nil)
        for broken in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]] {
            let whole = Self.event("!")
            let place = try #require(whole.firstIndex(of: UInt8(ascii: "!")))
            let data = whole[..<place] + broken + whole[(place + 1)...]
            #expect(form.chunk(Self.event(Array(data))) == nil)
        }
        var typed = Self.event(Self.event("b"))
        typed.type = Array("error".utf8)
        #expect(form.chunk(typed) == nil)
        var lines = Self.event(Self.event("b"))
        lines.isOneLine = false
        #expect(form.chunk(lines) == nil)
    }

    @Test(
        "What adds more than one text is no form",
        arguments: [
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"a","x":"b"},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#,
            #"{"choices":[{"index":0,"delta":{"refusal":"a"},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":["a"]},"finish_reason":null}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"a"}}]}"#,
            #"{"choices":[]}"#,
        ])
    func noForm(data: String) throws {
        #expect(ChunkForm(try ChatChunk(Self.event(Array(data.utf8)))) == nil)
    }
}
