internal import CharterDocuments

/// An answer of OpenAI's older completions. It differs from a chat completion in where its text stands, and is
/// judged as the one that says the same.
struct CompletionsAnswer {
    /// Choices of which something has been said, so that an explanation stands apart from it.
    private var spoken: Set<Int> = []

    /// Judges the body of an answer with status 200.
    ///
    /// - Throws: a 502 where the body is no answer, or the upstream's own error where it holds one.
    static func judge<Watcher: TextWatcher>(
        _ body: [UInt8], limits: JSONLimits = JSONLimits(),
        watcher: @escaping @Sendable (Int, AnswerPart) -> Watcher,
        explanation: (AnswerStop<Watcher.Violation>) -> String
    ) throws(APIError) -> JudgedAnswer<Watcher> {
        let chat = try chat(body, limits, isStreamed: false)
        let answer = try ChatAnswer<Watcher>(
            body: chat, limits: limits, watcher: watcher, explanation: explanation)
        var completion = CompletionsAnswer()
        return JudgedAnswer(
            body: answer.body == chat ? body : try completion.completion(answer.body, limits),
            stops: answer.stops, watchers: answer.watchers)
    }

    /// An answer, or the data of an event, with each text where a chat completion has it.
    static func chat(
        _ data: [UInt8], _ limits: JSONLimits = JSONLimits(), isStreamed: Bool
    ) throws(APIError) -> [UInt8] {
        try rewriting(data, limits) { choice, output throws(APIError) in
            var text: JSONValue?
            for member in choice.children {
                if member.isNamed("text") {
                    text = member
                } else if member.isNamed("delta") || member.isNamed("message") {
                    throw .upstreamMalformed("a choice of a chat completion")
                }
            }
            guard text?.kind == .string || text?.isNull ?? isStreamed else {
                throw .upstreamMalformed("a choice without `text`")
            }
            choice.write(to: &output) { member, output in
                guard member.isNamed("text") else { return member.write(to: &output) }
                output += isStreamed ? #""delta":{"content":"#.utf8 : #""message":{"content":"#.utf8
                output += member.raw
                output.append(UInt8(ascii: "}"))
                return true
            }
        }
    }

    /// The same, back.
    mutating func completion(
        _ data: [UInt8], _ limits: JSONLimits = JSONLimits()
    ) throws(APIError) -> [UInt8] {
        var spoken = spoken
        defer { self.spoken = spoken }
        return try Self.rewriting(data, limits) { choice, output throws(APIError) in
            let index = choice["index"]?.integer ?? 0
            choice.write(to: &output) { member, output in
                guard member.isNamed("delta") || member.isNamed("message") else {
                    return member.write(to: &output)
                }
                let content = member["content"]?.text ?? []
                let refusal = member["refusal"]?.text ?? []
                if !content.isEmpty { spoken.insert(index) }
                let isApart = !refusal.isEmpty && spoken.contains(index)
                output += #""text":"#.utf8
                JSONText.append(
                    utf8: content + (isApart ? Array("\n\n".utf8) : []) + refusal, to: &output)
                return true
            }
        }
    }

    /// Writes an object with its choices written anew; what has none is as it came.
    private static func rewriting(
        _ data: [UInt8], _ limits: JSONLimits,
        choice write: (JSONValue, inout [UInt8]) throws(APIError) -> Void
    ) throws(APIError) -> [UInt8] {
        let document: JSONDocument
        do { document = try JSONDocument(data, limits: limits) } catch {
            throw .upstreamMalformed("\(error)")
        }
        guard let list = document.root["choices"], list.kind == .list else { return data }
        var output = Array(data[..<list.range.lowerBound])
        output.append(UInt8(ascii: "["))
        for (choice, number) in zip(list.children, 0...) {
            guard choice.kind == .object else { throw .upstreamMalformed("a choice") }
            if number > 0 { output.append(UInt8(ascii: ",")) }
            try write(choice, &output)
        }
        output.append(UInt8(ascii: "]"))
        return output + data[list.range.upperBound...]
    }
}

extension JSONValue {
    /// Writes a member as it came.
    fileprivate func write(to output: inout [UInt8]) -> Bool {
        writeKey(to: &output)
        output += raw
        return true
    }
}

/// A stream of OpenAI's older completions, watched as one of chat completions.
struct CompletionsStream<Watcher: TextWatcher>: AnswerStream {
    private var chat: AnswerWatch<Watcher>
    private var events: ServerSentEvents
    private var answer = CompletionsAnswer()

    init(_ chat: AnswerWatch<Watcher>, limit: Int = 1 << 20) {
        self.chat = chat
        events = ServerSentEvents(limit: limit)
    }

    var stops: [AnswerStop<Watcher.Violation>] { chat.stops }
    var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] { chat.watchers }
    var state: AnswerState { chat.state }
    var usage: Usage? { chat.usage }

    mutating func push(_ piece: [UInt8], into output: inout [UInt8]) {
        guard state == .running else { return }
        events.push(piece)
        do throws(APIError) {
            while state == .running, let event = try nextEvent() {
                if event.data.isEmpty { continue }
                let bytes = try Self.chat(event)
                write(to: &output) { chat, passed in chat.push(bytes, into: &passed) }
            }
        } catch {
            fail(error, into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        write(to: &output) { chat, passed in chat.finish(into: &passed) }
    }

    mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        write(to: &output) { chat, passed in chat.fail(error, into: &passed) }
    }

    private mutating func nextEvent() throws(APIError) -> ServerSentEvents.Event? {
        do {
            return try events.next()
        } catch {
            throw .upstreamMalformed("an event of more than \(error.limit) bytes")
        }
    }

    private static func chat(_ event: ServerSentEvents.Event) throws(APIError) -> [UInt8] {
        // Between the values of JSON a line feed is a space.
        let line = event.data.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
        let data =
            line == ChatChunk.done ? line : try CompletionsAnswer.chat(line, isStreamed: true)
        return Array("event: ".utf8) + event.type + "\ndata: ".utf8 + data + "\n\n".utf8
    }

    /// Writes what the chat completion says, as a completion.
    private mutating func write(
        to output: inout [UInt8],
        _ step: (inout AnswerWatch<Watcher>, inout [UInt8]) -> Void
    ) {
        var passed: [UInt8] = []
        step(&chat, &passed)
        var events = ServerSentEvents(limit: .max)
        events.push(passed)
        while let event = try? events.next() {
            output += "data: ".utf8
            // What the watch has written is JSON.
            output += (try? answer.completion(event.data)) ?? event.data
            output += "\n\n".utf8
        }
    }
}
