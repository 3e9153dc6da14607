internal import CharterDocuments
internal import CharterEngine

extension CompiledPrompt {
    /// `{text, tokens, parts: [{text, behavior, source}], left_out}`.
    public var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("text", text)
            writer.member("tokens", tokens)
            writer.list("parts") { writer in
                for part in parts {
                    writer.object { writer in
                        writer.member("text", part.text)
                        writer.member("behavior", part.behavior?.text.string)
                        if let origin = part.origin {
                            Inheritance.write(origin, "source", to: &writer)
                        }
                    }
                }
            }
            writer.list("left_out") { writer in
                for behavior in leftOut { writer.value(behavior.text.string) }
            }
        }
        return writer.text
    }
}
