internal import CharterDocuments

/// A message of Anthropic's API that is not streamed.
enum MessagesAnswer {
    /// Judges the body of an answer with status 200.
    ///
    /// - Throws: a 502 where the body is no answer, or the upstream's own error where it holds one.
    static func judge<Watcher: TextWatcher>(
        _ body: [UInt8], limits: JSONLimits = JSONLimits(), watcher: (AnswerPart) -> Watcher,
        explanation: (AnswerStop<Watcher.Violation>) -> String
    ) throws(APIError) -> JudgedAnswer<Watcher> {
        let document = try UpstreamError.document(body, limits: limits)
        let root = document.root
        guard let content = root["content"], content.kind == .list else {
            throw .upstreamMalformed("a message without `content`")
        }
        let blocks = Array(content.children)
        var read: [JudgedBlock] = []
        for (block, number) in zip(blocks, 0...) { read.append(try self.block(block, number)) }
        let beside = MessagesForm.texts(of: root, besides: ["content"])
        read.append((.other(""), beside.map { ($0.path, $0.text, false) }))
        let judged = try BlockJudgement(read, watcher: watcher)
        guard let stop = judged.stop else {
            var edited: [UInt8] = []
            if !judged.redaction.isEmpty { judged.redaction.write(root, to: &edited) }
            return JudgedAnswer(
                body: edited.isEmpty ? body : edited, stops: [], watchers: judged.watchers,
                isModelRefusal: root["stop_reason"]?.isText("refusal") ?? false)
        }
        let explanation = explanation(stop.stop)
        var writer = JSONWriter()
        writer.object { writer in
            for member in root.children {
                // What this protocol does not know may repeat what is held back.
                let isKnown = ["id", "type", "role", "model", "usage"].contains(
                    where: member.isNamed)
                guard isKnown || member.kind == .number || member.kind == .boolean else { continue }
                writer.key(String(decoding: member.key, as: UTF8.self))
                writer.raw(String(decoding: member.raw, as: UTF8.self))
            }
            writer.list("content") { writer in
                for block in blocks[..<stop.block] {
                    var bytes: [UInt8] = []
                    judged.redaction.write(block, to: &bytes)
                    writer.raw(String(decoding: bytes, as: UTF8.self))
                }
                if !stop.left.isEmpty, stop.block < blocks.count {
                    write(blocks[stop.block], shortenedTo: stop.left[...], to: &writer)
                }
                writer.object { writer in
                    writer.member("type", "text")
                    writer.member("text", explanation)
                }
            }
            MessagesStop(explanation: explanation).writeMembers(to: &writer)
        }
        return JudgedAnswer(body: writer.bytes, stops: [stop.stop], watchers: judged.watchers)
    }

    private static func block(
        _ block: JSONValue, _ number: Int
    ) throws(APIError) -> JudgedBlock {
        guard block.kind == .object, let type = block["type"]?.string else {
            throw .upstreamMalformed("a block without `type`")
        }
        let part = MessagesForm.part(type, number)
        var texts: [JudgedText] = []
        for member in block.children where !MessagesForm.isSilent(member, ofType: type) {
            if part.isCall, member.isNamed("input") {
                // As in a stream, where it comes as text.
                texts.append(("", member.raw, false))
            } else if let text = member.text, member.isNamed("text") || member.isNamed("thinking") {
                texts.insert(("", text, member.isNamed("text")), at: 0)
            } else {
                texts += AnswerPiece.texts(inside: member).map { ($0.path, $0.text, false) }
            }
        }
        return (part, texts)
    }

    private static func write(
        _ block: JSONValue, shortenedTo text: ArraySlice<UInt8>, to writer: inout JSONWriter
    ) {
        let isThought = block["type"]?.isText("thinking") ?? false
        writer.object { writer in
            writer.member("type", isThought ? "thinking" : "text")
            writer.member(isThought ? "thinking" : "text", String(decoding: text, as: UTF8.self))
            if isThought { writer.member("signature", "") }
        }
    }
}
