public import CharterDocuments

/// A question to a model, as a chat completion whose answer is to keep to a JSON schema.
public struct ChatQuestion: Sendable {
    /// What the model is to do, and by which rules.
    public var instructions: String
    /// What it is asked about.
    public var content: String
    /// What the schema is called.
    public var schemaName: String
    /// Writes the schema: one value.
    public var schema: @Sendable (inout JSONWriter) -> Void

    /// A question of these parts.
    public init(
        instructions: String, content: String, schemaName: String,
        schema: @escaping @Sendable (inout JSONWriter) -> Void
    ) {
        self.instructions = instructions
        self.content = content
        self.schemaName = schemaName
        self.schema = schema
    }

    /// The body of the request, at temperature 0.
    public func body(model: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", model)
            writer.member("temperature", 0)
            writer.list("messages") { writer in
                for (role, text) in [("system", instructions), ("user", content)] {
                    writer.object { writer in
                        writer.member("role", role)
                        writer.member("content", text)
                    }
                }
            }
            writer.object("response_format") { writer in
                writer.member("type", "json_schema")
                writer.object("json_schema") { writer in
                    writer.member("name", schemaName)
                    writer.member("strict", true)
                    writer.key("schema")
                    schema(&writer)
                }
            }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    /// The end of an object's schema: it has exactly these members.
    package mutating func closedSchema(_ keys: [String]) {
        list("required") { writer in keys.forEach { writer.value($0) } }
        member("additionalProperties", false)
    }

    /// A member of a schema: one of these texts.
    package mutating func schema(_ key: String, oneOf names: [String]) {
        object(key) { writer in
            writer.member("type", "string")
            writer.list("enum") { writer in names.forEach { writer.value($0) } }
        }
    }
}
