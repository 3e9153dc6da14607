internal import CharterDocuments

/// A response of OpenAI's API that is not streamed.
enum ResponsesAnswer {
    /// Judges the body of an answer with status 200.
    ///
    /// - Parameter instructions: the JSON value that the client sent, `null` where there was none.
    /// - Throws: a 502 where the body is no answer, or the upstream's own error where it holds one.
    static func judge<Watcher: TextWatcher>(
        _ body: [UInt8], instructions: [UInt8], limits: JSONLimits = JSONLimits(),
        watcher: (AnswerPart) -> Watcher, explanation: (AnswerStop<Watcher.Violation>) -> String
    ) throws(APIError) -> JudgedAnswer<Watcher> {
        let document = try UpstreamError.document(body, limits: limits)
        let root = document.root
        guard let output = root["output"], output.kind == .list else {
            throw .upstreamMalformed("a response without `output`")
        }
        let items = Array(output.children)
        var read: [JudgedBlock] = []
        for (item, number) in zip(items, 0...) {
            guard item.kind == .object else { throw .upstreamMalformed("an item that is none") }
            read.append((ResponsesForm.part(item, number), ResponsesForm.texts(of: item)))
        }
        read.append((.other(""), ResponsesForm.texts(beside: root)))
        let judged = try BlockJudgement(read, watcher: watcher)
        var redaction = judged.redaction
        redaction.withoutTokens = !redaction.isEmpty
        guard let stop = judged.stop else {
            let parts = items.flatMap { $0["content"].elements }
            return JudgedAnswer(
                body: restoring(instructions, in: document, redaction), stops: [],
                watchers: judged.watchers,
                isModelRefusal: parts.contains { $0["type"]?.isText("refusal") ?? false })
        }
        func written(_ value: JSONValue) -> [UInt8] {
            var bytes: [UInt8] = []
            redaction.write(value, to: &bytes)
            return bytes
        }
        var left = items[..<stop.block].map(written)
        left += end(
            stop.block < items.count ? items[stop.block] : nil, stop, explanation(stop.stop),
            written: written)
        var writer = JSONWriter()
        ResponsesStop.write(root, output: left, instructions: instructions, to: &writer)
        return JudgedAnswer(body: writer.bytes, stops: [stop.stop], watchers: judged.watchers)
    }

    /// The body without a guide that was added to the instructions, and with what is said in place of
    /// texts; otherwise as it came.
    private static func restoring(
        _ instructions: [UInt8], in document: JSONDocument, _ redaction: Redaction
    ) -> [UInt8] {
        guard redaction.isEmpty else {
            var output: [UInt8] = []
            // What repeats the whole text is left out.
            document.root.write(to: &output) { member, output in
                if member.isNamed("output_text") { return false }
                member.writeKey(to: &output)
                if member.isNamed("instructions"), !member.isNull {
                    output += instructions
                } else {
                    redaction.write(member, to: &output)
                }
                return true
            }
            return output
        }
        guard let said = document.root.present("instructions") else { return document.source }
        let source = document.source
        return source[..<said.range.lowerBound] + instructions + source[said.range.upperBound...]
    }

    /// The item that was stopped, as far as it may be delivered, and why it ends.
    private static func end<Watcher: TextWatcher>(
        _ item: JSONValue?, _ stop: BlockJudgement<Watcher>.Stop, _ explanation: String,
        written: (JSONValue) -> [UInt8]
    ) -> [[UInt8]] {
        let number = stop.block
        guard let item, item["type"]?.isText("message") ?? false else {
            var writer = JSONWriter()
            ResponsesMessage(id: "msg_charter_\(number)", output: number)
                .write(refusal: explanation, status: "completed", to: &writer)
            return [writer.bytes]
        }
        var parts: [[UInt8]] = []
        var texts = ResponsesForm.textsBeforeContent(of: item)
        for part in item["content"].elements {
            let count = ResponsesForm.texts(of: part).count
            guard texts + count > stop.text else {
                parts.append(written(part))
                texts += count
                continue
            }
            if !stop.left.isEmpty, let type = part["type"]?.string,
                type == "refusal" || type == "output_text"
            {
                var writer = JSONWriter()
                writer.object { writer in
                    writer.member("type", type)
                    writer.member(
                        type == "refusal" ? "refusal" : "text",
                        String(decoding: stop.left, as: UTF8.self))
                    if type == "output_text" { writer.list("annotations") { _ in } }
                }
                parts.append(writer.bytes)
            }
            break
        }
        parts.append(ResponsesStop.refusal(explanation))
        var writer = JSONWriter()
        ResponsesStop.writeMessage(
            id: item["id"]?.string ?? "msg_charter_\(number)", parts: parts, to: &writer)
        return [writer.bytes]
    }
}
