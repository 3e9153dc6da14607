internal import CharterDocuments
internal import CharterEngine

extension Inheritance {
    /// `{operator, above, purpose, mismatch, behaviors, exceptions}`.
    public var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("operator", name)
            writer.list("above") { writer in
                for name in above { writer.value(name) }
            }
            writer.member("purpose", purpose)
            if let mismatch {
                writer.object("mismatch") { writer in
                    writer.member("written_for", mismatch.writtenFor)
                    writer.member("used", mismatch.used)
                }
            }
            writer.list("behaviors") { writer in
                for entry in entries { Inheritance.write(entry, to: &writer) }
            }
            writer.list("exceptions") { writer in
                for exception in exceptions {
                    writer.object { writer in
                        writer.member("behavior", exception.behavior.text.string)
                        writer.member("until", exception.until?.date)
                        Inheritance.writeMembers(of: exception.said, to: &writer)
                    }
                }
            }
        }
        return writer.text
    }

    private static func write(_ entry: Entry, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("behavior", entry.behavior.text.string)
            writer.member("title", entry.title)
            writer.member("setting", entry.setting)
            write(entry.from, "from", to: &writer)
            writer.object("ceilings") { writer in
                writer.member("operator", entry.operatorCeiling)
                writer.member("user", entry.userCeiling)
            }
            writer.member("hardcoded", entry.isHardcoded)
            writer.list("adjustments") { writer in
                for said in entry.adjustments {
                    writer.object { writer in writeMembers(of: said, to: &writer) }
                }
            }
        }
    }

    static func write(_ origin: Origin, _ key: String, to writer: inout JSONWriter) {
        writer.object(key) { writer in
            writer.member("layer", origin.layer)
            writer.member("file", origin.file)
            writer.member("line", origin.position.line)
            writer.member("column", origin.position.column)
        }
    }

    private static func writeMembers(of said: Said, to writer: inout JSONWriter) {
        writer.member("scope", said.scope)
        writer.list("operations") { writer in
            for operation in said.operations { writer.value(operation) }
        }
        writer.member("when", said.condition)
        writer.member("reason", said.notes.reason)
        writer.member("owner", said.notes.owner)
        writer.member("ticket", said.notes.ticket)
        write(said.origin, "source", to: &writer)
    }
}
