internal import CharterDocuments

/// How a part of an answer is written when it could not be passed on as it came.
extension AnswerPiece {
    /// Writes the member of a delta that holds this piece alone.
    ///
    /// - Parameter edits: what of it is not delivered as it came.
    func writeMember(_ edits: PieceEdits?, to output: inout [UInt8]) {
        switch part {
        case .call, .customCall:
            output += #""tool_calls":["#.utf8
            writeValue(edits, to: &output)
            output.append(UInt8(ascii: "]"))
        default:
            value.writeKey(to: &output)
            writeValue(edits, to: &output)
        }
    }

    /// Writes the value that holds this piece. Calls are never shortened.
    func writeValue(_ edits: PieceEdits?, to output: inout [UInt8]) {
        if let text = edits?.text, !part.isCall {
            JSONText.append(utf8: text, to: &output)
        } else if let inside = edits?.inside, !inside.isEmpty, !part.isCall {
            inside.write(value, to: &output)
        } else if value.kind == .string, value.text != text {
            // An event of a known form (`ChunkForm`) has a text of its own.
            JSONText.append(utf8: text, to: &output)
        } else {
            output += value.raw
        }
    }
}

extension JSONValue {
    /// Writes an object from those of its members that `write` writes.
    func write(to output: inout [UInt8], member write: (JSONValue, inout [UInt8]) -> Bool) {
        output.append(UInt8(ascii: "{"))
        for member in children where write(member, &output) {
            output.append(UInt8(ascii: ","))
        }
        if output.last == UInt8(ascii: ",") { output.removeLast() }
        output.append(UInt8(ascii: "}"))
    }

    /// Writes an answer's outermost object with one member replaced.
    ///
    /// Strings and containers that this protocol does not know are left out: they may repeat the
    /// text that is being held back. (In the answers and events that are not touched they stand.)
    func write(
        to output: inout [UInt8],
        replacing key: StaticString,
        keepingUsage: Bool = false,
        with replacement: (inout [UInt8]) -> Void
    ) {
        write(to: &output) { member, output in
            if member.isNamed(key) {
                member.writeKey(to: &output)
                replacement(&output)
                return true
            }
            if member.isNamed("usage"), !keepingUsage {
                output += #""usage":null"#.utf8
                return true
            }
            if member.writeIfHarmless(to: &output) { return true }
            return member.writeIfNamed(
                ["id", "object", "model", "system_fingerprint", "service_tier", "usage"],
                to: &output
            )
        }
    }

    /// Writes a member that holds neither strings nor anything that could stand for one.
    func writeIfHarmless(to output: inout [UInt8]) -> Bool {
        guard kind == .number || kind == .boolean || kind == .null else { return false }
        writeKey(to: &output)
        output += raw
        return true
    }

    /// Writes a member that stands under one of these keys.
    func writeIfNamed(_ keys: [StaticString], to output: inout [UInt8]) -> Bool {
        guard keys.contains(where: isNamed) else { return false }
        writeKey(to: &output)
        output += raw
        return true
    }

    /// Writes a member's key and the colon.
    func writeKey(to output: inout [UInt8]) {
        JSONText.append(utf8: key, to: &output)
        output.append(UInt8(ascii: ":"))
    }
}

extension JSONValue? {
    /// The values inside; none where there is nothing.
    var elements: [JSONValue] { map { Array($0.children) } ?? [] }
}
