import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer

/// Conversations read from files, and shown.
extension ConversationInstructions {
    static func read(
        _ path: String, _ reader: ReaderOptions, _ charterPath: String?,
        _ documents: PolicyDocuments, _ request: Request, _ user: UserLayer?
    ) async throws -> (ConversationInstructions, stated: [Text: Claim]) {
        let policy = documents.policy
        let largest = 16 << 20
        let messages: MessageList
        do {
            let bytes = try PolicyFiles.bytes(of: path, upTo: largest + 1)
            messages = try MessageList(
                try JSONDocument(bytes, limits: JSONLimits(bytes: largest)).root)
        } catch let error as JSONError {
            throw UsageError("\(path): \(error)")
        } catch let error as MessageList.Malformed {
            throw UsageError("\(path): \(error.place): \(error.message)")
        }
        let reader = try await reader.sentenceReader(
            of: messages.texts.map { Array($0.text.utf8) }, charterPath, policy.charter)
        let stated = StatedClaims(of: documents.declaredClaims).claims(in: messages)
        var request = request
        // What somebody shows goes before what they say.
        request.claims.merge(stated) { shown, _ in shown }
        do {
            return (
                try ConversationInstructions(messages, reader, policy, request, user: user), stated
            )
        } catch let error as RequestError {
            throw UsageError("the operator has no such channel (\(error.rawValue))")
        }
    }

    /// Each instruction with its fate, then what is in force of the behaviors that they are about.
    func lines(_ charter: Charter, _ stated: [Text: Claim]) -> [String] {
        let claims = stated.keys.sorted().map { "  \($0), asserted: a user's word" }
        let said = claims.isEmpty ? [] : ["", "claims that users make of themselves:"] + claims
        let rest = unknown.map { "  \($0.place): \"\($0.sentence.prefix(80))\"" }
        let notKnown =
            rest.isEmpty ? [] : ["", "looks like an instruction, and was read as none:"] + rest
        guard !entries.isEmpty else {
            return ["no instruction was found (by \(reader); there may be others)"] + notKnown
                + said
        }
        var lines = ["instructions found, by \(reader):"]
        let rows = entries.map { entry in
            [
                entry.place, entry.speaker.name, "\(entry.behavior) = \(entry.value)",
                entry.outcome.words, "\"\(entry.sentence.prefix(80))\"",
            ]
        }
        lines += TextTable(rows).lines.map { "  " + $0 }
        lines += ["", "in force:"]
        let named = Set(entries.map(\.behavior))
        let settings = charter.indices.filter { named.contains(charter[$0].id) }.map { index in
            let decided = decision.behaviors[index.number]
            return [
                charter[index].id.text.string, charter[index].spelled(decided.setting),
                "decided by \(decided.decidedBy.words)",
            ]
        }
        return lines + TextTable(settings).lines.map { "  " + $0 } + notKnown + said
    }

    /// `{by, instructions: [{place, from, sentence, behavior, value, explicit, outcome}], decision}`.
    func json(_ charter: Charter, _ stated: [Text: Claim]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("by", reader)
            writer.object("claims") { writer in
                for (name, claim) in stated.sorted(by: { $0.key < $1.key }) {
                    writer.member(name.string, claim.evidence.name)
                }
            }
            writer.list("instructions") { writer in
                for entry in entries {
                    writer.object { writer in
                        writer.member("place", entry.place)
                        writer.member("from", entry.speaker.name)
                        writer.member("sentence", entry.sentence)
                        writer.member("behavior", entry.behavior.text.string)
                        writer.member("value", entry.value.string)
                        writer.member("explicit", entry.isExplicit)
                        writer.member("outcome", entry.outcome.name)
                    }
                }
            }
            writer.list("unknown") { writer in
                for (place, sentence) in unknown {
                    writer.object { writer in
                        writer.member("place", place)
                        writer.member("sentence", sentence)
                    }
                }
            }
            writer.key("decision")
            writer.raw(DecisionWriter(charter).json(decision, trail: true))
        }
        return writer.text
    }
}

extension Speaker {
    /// As requests name it: `user`, `tool:NAME`.
    fileprivate var name: String {
        switch self {
        case .principal(let level): level.name
        case .tool(let name): "tool:\(name)"
        case .assistant: "assistant"
        }
    }
}

extension ConversationInstructions.Outcome {
    fileprivate var words: String {
        switch self {
        case .inForce: "in force"
        case .superseded: "superseded"
        case .holdsAlready: "holds already"
        case .refused(let reason): "refused: \(reason.words)"
        case .needsLayer(let operation): "not taken: only a layer can \(operation.rawValue)"
        }
    }
}
