internal import CharterDocuments

/// Who would do what to what (AuthZEN Authorization API 1.0 §5): one question to a decision point.
struct AccessQuestion: Sendable {
    let subject: JSONValue
    /// Nil where actions are what is sought.
    let action: JSONValue?
    let resource: JSONValue
    let context: JSONValue?

    /// What is asked for, and so is not known yet: its id, or the whole action, does not count.
    enum Sought: Sendable {
        case nothing, subject, resource, action
    }

    /// Reads a question.
    ///
    /// - Parameters:
    ///   - item: one of several questions; what it names stands for the whole entity.
    ///   - root: the request, whose entities are those of every item that names none.
    /// - Throws: a 400 that says what is missing, or of the wrong form.
    init(
        _ item: JSONValue?, in root: JSONValue, sought: Sought = .nothing
    ) throws(AccessError) {
        func entity(
            _ key: StaticString, _ name: String, needs: [StaticString]
        ) throws(AccessError) -> JSONValue {
            guard let value = item?.present(key) ?? root.present(key) else {
                throw AccessError("`\(name)` is missing")
            }
            guard value.kind == .object else { throw AccessError("`\(name)` must be an object") }
            for member in needs {
                guard let text = value.present(member), text.kind == .string else {
                    throw AccessError("`\(name).\(member)` must be a string")
                }
            }
            if let properties = value.present("properties"), properties.kind != .object {
                throw AccessError("`\(name).properties` must be an object")
            }
            return value
        }
        subject = try entity(
            "subject", "subject", needs: sought == .subject ? ["type"] : ["type", "id"])
        action = sought == .action ? nil : try entity("action", "action", needs: ["name"])
        resource = try entity(
            "resource", "resource", needs: sought == .resource ? ["type"] : ["type", "id"])
        context = item?.present("context") ?? root.present("context")
        if let context, context.kind != .object {
            throw AccessError("`context` must be an object")
        }
    }
}

/// A request that is none: 400, with one sentence that holds nothing of it.
public struct AccessError: Error, Equatable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// One sentence without a full stop.
    public let message: String

    init(_ message: String) {
        status = 400
        self.message = message
    }

    /// The body was not read.
    init(_ error: JSONError) {
        if case .tooLarge = error { status = 413 } else { status = 400 }
        message = "\(error)"
    }
}
