import CharterDocuments
import CharterEngine
import Foundation
import Fuzzing

@testable import CharterGateway

/// Any bytes may be what a stranger asks: a body of any protocol, the fields of a head or a request of the
/// semantics. It is refused in the protocol's own form, or decided; and two readers of what is passed on see
/// the same things.
///
/// The first byte says which of the three, and in which protocol. NUL bytes set the fields of a head apart.
@main
struct RequestFuzz: Fuzzer {
    private let room = ReadingRoom()

    func test(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        switch first % 3 {
        case 0: body(rest, WireProtocol.allCases[Int(first / 3) % WireProtocol.allCases.count])
        case 1: head(rest.parts(6))
        default: question(rest)
        }
    }

    private func body(_ bytes: [UInt8], _ wire: WireProtocol) {
        compareReaders(of: bytes)
        let arrival = Exchange.Arrival(
            id: "fuzz", at: Instant(seconds: 1_800_000_000), wire: wire, caller: Caller())
        do throws(APIError) {
            let request = try read(bytes, wire)
            for text in request.texts {
                check(
                    String(validating: text.bytes, as: UTF8.self) != nil, "every text is UTF-8")
            }
            if let request = request as? ChatRequest { look(at: request) }
            var exchange = try Exchange(bytes, arrival, room.enforcement)
            switch exchange.start {
            case .reply(let reply):
                check(wire.isSpoken, "nobody speaks in \(wire)")
                check(reply.status == 200, "a refusal is an answer")
                if !request.isStreamed { readJSON(reply.body) }
            case .forward:
                let forwarded = try exchange.call(in: [wire.dialect])
                check(forwarded.path == wire.path, "the path stays")
                let isRedacted = !exchange.record.redacted.isEmpty
                compare(forwarded.body, bytes, request, wire, isRedacted: isRedacted)
                translate(&exchange, wire)
            }
        } catch {
            check((400..<500).contains(error.status), "\(error)")
            readJSON(error.body(in: wire.dialect, id: "fuzz"))
        }
    }

    private func read(
        _ bytes: [UInt8], _ wire: WireProtocol
    ) throws(APIError) -> any ModelRequest {
        switch wire {
        case .chatCompletions: try ChatRequest(body: bytes)
        case .completions: try CompletionsRequest(body: bytes)
        case .responses: try ResponsesRequest(body: bytes)
        case .messages: try MessagesRequest(body: bytes)
        case .moderations: try NumbersRequest(body: bytes, needsModel: false)
        case .embeddings, .countTokens: try NumbersRequest(body: bytes, needsModel: true)
        }
    }

    /// What goes on is what came, or that with one text of ours, or with words replaced.
    private func compare(
        _ forwarded: [UInt8], _ bytes: [UInt8], _ request: any ModelRequest, _ wire: WireProtocol,
        isRedacted: Bool
    ) {
        if forwarded == bytes { return }
        let again = required(try? read(forwarded, wire), "request with a guide")
        let (before, after) = (request.texts, again.texts)
        // A guide may go on in a text that is there, or take the place of an empty one.
        check(
            (before.count - 1...before.count + 1).contains(after.count),
            "what is forwarded has the texts, and one of ours at most")
        let operators = [MessageRole.system, .developer]
        let said = before.filter { !operators.contains($0.speaker) }.map { Array($0.bytes) }
        let told = after.filter { !operators.contains($0.speaker) }.map { Array($0.bytes) }
        check(said.count == told.count, "others have as many texts as came")
        if !isRedacted { check(said == told, "what others say is as it came") }
    }

    /// In the other dialect it is JSON of which every reader reads the same, or an error of the request's.
    private func translate(_ exchange: inout Exchange, _ wire: WireProtocol) {
        let other: Dialect = wire.dialect == .openAI ? .anthropic : .openAI
        do throws(APIError) {
            let call = try exchange.call(in: [other])
            check(wire == .messages || wire == .chatCompletions, "\(wire) is not translated")
            readJSON(call.body)
        } catch {
            check((400..<500).contains(error.status), "\(error)")
        }
    }

    private func look(at request: ChatRequest) {
        let body = required(request.body(adding: "say \"no\"\n", role: .system), "guide")
        let guided = required(try? ChatRequest(body: body), "request with a guide")
        let place = guided.messages.firstIndex {
            $0.texts.first?.bytes.elementsEqual("say \"no\"\n".utf8) ?? false
        }
        var others = guided.messages.map { Array($0.value.raw) }
        others.remove(at: required(place, "guide among the messages"))
        check(
            others == request.messages.map { Array($0.value.raw) }, "the rest is as it came")
        func isOperator(_ message: ChatMessage) -> Bool {
            message.role == .system || message.role == .developer
        }
        check(
            !guided.messages.dropFirst((place ?? 0) + 1).contains(where: isOperator),
            "the guide is the last word of its level")
        check(
            request.messages.contains(where: isOperator) || place == 0,
            "where it is the only one, nobody speaks before it")
    }

    private func head(_ fields: [[UInt8]]) {
        let names = [
            "charter-claims", "charter-roles", "charter-user", "charter-channel",
            "charter-surface", "charter-language",
        ]
        let values = Dictionary(
            uniqueKeysWithValues: zip(names, fields.map { String(decoding: $0, as: UTF8.self) }))
        do throws(APIError) {
            let caller = try Caller { values[$0].map { [$0] } ?? [] }
            check(
                caller.claims.values.allSatisfy { $0.evidence < .verified }, "nothing is verified")
            check(caller.claims.count <= Caller.mostEntries, "claims are few")
            check(caller.roles.count <= Caller.mostEntries, "roles are few")
            decide(caller.request(at: Instant(seconds: 0)))
        } catch {
            check(error.status == 400, "\(error)")
            check(values[error.param ?? ""] != nil, "\(error) names a field")
            readJSON(error.body)
        }
    }

    private func question(_ bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes) else { return }
        do throws(RequestSyntaxError) {
            decide(try Request(document.root))
        } catch {
            check(!error.message.isEmpty && !error.path.isEmpty, "\(error) says what and where")
        }
    }

    private func decide(_ request: Request) {
        guard let decision = try? room.enforcement.policy.decide(request, withTrail: true) else {
            return
        }
        readJSON(DecisionWriter(room.charter.charter).json(decision, trail: true))
    }

    /// What we take for JSON, Foundation does too; and no object names a key twice.
    private func compareReaders(of bytes: [UInt8]) {
        guard let document = try? JSONDocument(bytes), isReadable(document.root) else { return }
        let other = required(
            try? JSONSerialization.jsonObject(with: Data(bytes)),
            "JSON for Foundation in \(String(decoding: bytes, as: UTF8.self))")
        compare(document.root, other)
    }

    /// Foundation does not take numbers that no `Double` holds.
    private func isReadable(_ value: JSONValue) -> Bool {
        guard value.kind == .number else { return value.children.allSatisfy(isReadable) }
        return Double(String(decoding: value.raw, as: UTF8.self))?.isFinite ?? false
    }

    private func compare(_ value: JSONValue, _ other: Any) {
        switch value.kind {
        case .object:
            let members = other as? [String: Any] ?? [:]
            var keys: Set<[UInt8]> = []
            for member in value.children {
                check(keys.insert(Array(member.key)).inserted, "a key stands twice")
                // Foundation takes keys for equal that Unicode calls equivalent.
                if let other = members[String(decoding: member.key, as: UTF8.self)],
                    members.count == value.children.reduce(0, { count, _ in count + 1 })
                {
                    compare(member, other)
                }
            }
        case .list:
            let elements = other as? [Any] ?? []
            let children = Array(value.children)
            check(children.count == elements.count, "a list has as many elements")
            for (child, element) in zip(children, elements) { compare(child, element) }
        case .string:
            let text = required((other as? String)?.utf8, "string in \(other)")
            check(value.text?.elementsEqual(text) ?? false, "\(other) is \(value.string ?? "")")
        case .null: check(other is NSNull, "\(other) is null")
        case .boolean, .number: check(other is NSNumber, "\(other) is a number or a boolean")
        }
    }
}
