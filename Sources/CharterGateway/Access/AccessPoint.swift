public import CharterDocuments
public import CharterEngine

/// A policy decision point of AuthZEN's Authorization API 1.0: a policy, and what the words of requests
/// mean in it.
///
/// A decision is true where the setting of the behavior that an action asks for reaches the value that it
/// asks for. What is not mapped, and a subject that is not among those that are stored of its type, is
/// denied.
public struct AccessPoint: Sendable {
    private let policy: Policy
    private let mapping: AccessMapping

    /// A point that decides by a policy.
    public init(_ policy: Policy, _ mapping: AccessMapping) {
        self.policy = policy
        self.mapping = mapping
    }

    /// The same where another policy decides, whose charter has the same behaviors.
    public func deciding(by policy: Policy) -> AccessPoint { AccessPoint(policy, mapping) }

    /// How much of a request is read.
    public static let limits = JSONLimits(bytes: 1 << 20, depth: 32, values: 50_000)
    /// The most questions of one request.
    public static let mostQuestions = 1_000
    /// The most results of one answer.
    public static let mostResults = 1_000

    // MARK: Evaluation

    /// Answers `POST /access/v1/evaluation`.
    public func evaluation(_ body: [UInt8], at instant: Instant) throws(AccessError) -> [UInt8] {
        evaluation(try AccessQuestion(nil, in: try root(body)), instant)
    }

    private func evaluation(_ question: AccessQuestion, _ instant: Instant) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.member("decision", isPermitted(question, instant)) }
        return writer.bytes
    }

    /// Answers `POST /access/v1/evaluations`; without questions it is the single evaluation.
    public func evaluations(_ body: [UInt8], at instant: Instant) throws(AccessError) -> [UInt8] {
        let root = try root(body)
        let semantics = try Semantics(root)
        guard let list = root.present("evaluations") else {
            return evaluation(try AccessQuestion(nil, in: root), instant)
        }
        guard list.kind == .list else { throw AccessError("`evaluations` must be a list") }
        let items = Array(list.children)
        guard !items.isEmpty else {
            return evaluation(try AccessQuestion(nil, in: root), instant)
        }
        guard items.count <= AccessPoint.mostQuestions else {
            throw AccessError("there are more than \(AccessPoint.mostQuestions) evaluations")
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.list("evaluations") { writer in
                for item in items {
                    let isPermitted = write(item, in: root, instant, to: &writer)
                    if semantics.stops(at: isPermitted) { break }
                }
            }
        }
        return writer.bytes
    }

    /// Writes one of several decisions; a question that is none is denied, and says why.
    private func write(
        _ item: JSONValue, in root: JSONValue, _ instant: Instant, to writer: inout JSONWriter
    ) -> Bool {
        var isPermitted = false
        var error: AccessError?
        do throws(AccessError) {
            guard item.kind == .object else { throw AccessError("an evaluation must be an object") }
            isPermitted = self.isPermitted(try AccessQuestion(item, in: root), instant)
        } catch let problem {
            error = problem
        }
        writer.object { writer in
            writer.member("decision", isPermitted)
            guard let error else { return }
            writer.object("context") { writer in
                writer.object("error") { writer in
                    writer.member("status", error.status)
                    writer.member("message", error.message)
                }
            }
        }
        return isPermitted
    }

    /// When several questions are enough (§7.1.2).
    private enum Semantics: String {
        case executeAll = "execute_all"
        case denyOnFirstDeny = "deny_on_first_deny"
        case permitOnFirstPermit = "permit_on_first_permit"

        init(_ root: JSONValue) throws(AccessError) {
            let options = root.present("options")
            guard options == nil || options?.kind == .object else {
                throw AccessError("`options` must be an object")
            }
            guard let value = options?.present("evaluations_semantic") else {
                self = .executeAll
                return
            }
            guard let name = value.string, let known = Semantics(rawValue: name) else {
                throw AccessError(
                    "`options.evaluations_semantic` must be `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`"
                )
            }
            self = known
        }

        func stops(at isPermitted: Bool) -> Bool {
            switch self {
            case .executeAll: false
            case .denyOnFirstDeny: !isPermitted
            case .permitOnFirstPermit: isPermitted
            }
        }
    }

    // MARK: Search

    /// What is searched for (§8).
    public enum Search: Sendable {
        /// Who may do this to that.
        case subject
        /// What may this one do that to.
        case resource
        /// What may this one do to that.
        case action
    }

    /// Answers `POST /access/v1/search/…`.
    public func search(
        _ search: Search, _ body: [UInt8], at instant: Instant
    ) throws(AccessError) -> [UInt8] {
        let root = try root(body)
        let page = try AccessPage(root)
        let results: [[UInt8]]
        switch search {
        case .subject:
            let question = try AccessQuestion(nil, in: root, sought: .subject)
            results = entities(ofType: question.subject).filter {
                isPermitted(question, subject: $0, instant)
            }.map(AccessPoint.json)
        case .resource:
            let question = try AccessQuestion(nil, in: root, sought: .resource)
            results = entities(ofType: question.resource).filter {
                isPermitted(question, resource: $0, instant)
            }.map(AccessPoint.json)
        case .action:
            let question = try AccessQuestion(nil, in: root, sought: .action)
            var names: [String] = []
            for rule in mapping.rules where !names.contains(rule.action) {
                if isPermitted(question, action: rule.action, instant) { names.append(rule.action) }
            }
            results = names.map { name in
                var writer = JSONWriter()
                writer.object { $0.member("name", name) }
                return writer.bytes
            }
        }
        return page.json(results)
    }

    private func entities(ofType value: JSONValue) -> [AccessMapping.Entity] {
        mapping.entities.filter { $0.type == value["type"]?.string }
    }

    private static func json(_ entity: AccessMapping.Entity) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", entity.type)
            writer.member("id", entity.id)
        }
        return writer.bytes
    }

    // MARK: Deciding

    private func isPermitted(
        _ question: AccessQuestion, subject: AccessMapping.Entity? = nil,
        resource: AccessMapping.Entity? = nil, action: String? = nil, _ instant: Instant
    ) -> Bool {
        let view = AccessView(
            question, mapping, subject: subject, resource: resource, action: action)
        guard view.isSubjectKnown,
            let rule = mapping.rules.first(where: { view.fits($0) }),
            let index = policy.charter.index(of: rule.behavior)
        else { return false }
        // Whoever asks has the operator's key: what it says of a user is vouched for.
        let request = view.request(policy.roles, at: instant)
        guard let decision = try? policy.decide(request, withRefused: false) else { return false }
        return decision.behaviors[index.number].setting >= rule.value
    }

    private func root(_ body: [UInt8]) throws(AccessError) -> JSONValue {
        let document: JSONDocument
        do { document = try JSONDocument(body, limits: AccessPoint.limits) } catch {
            throw AccessError(error)
        }
        guard document.root.kind == .object else { throw AccessError("the body must be an object") }
        return document.root
    }
}

/// A question beside what is stored: what a request does not say of an entity, its stored properties do.
private struct AccessView {
    private let question: AccessQuestion
    private let mapping: AccessMapping
    private let subject: (id: String?, stored: AccessMapping.Entity?)
    private let resource: (id: String?, stored: AccessMapping.Entity?)
    private let action: String?
    /// Whether the subject is stored, or none of its type is.
    let isSubjectKnown: Bool

    init(
        _ question: AccessQuestion, _ mapping: AccessMapping, subject: AccessMapping.Entity?,
        resource: AccessMapping.Entity?, action: String?
    ) {
        func stored(_ value: JSONValue) -> AccessMapping.Entity? {
            guard let type = value["type"]?.string, let id = value["id"]?.string else { return nil }
            return mapping.entities.first {
                $0.type == type && ($0.id == id || $0.alsoKnownAs.contains(id))
            }
        }
        self.question = question
        self.mapping = mapping
        let known = subject ?? stored(question.subject)
        self.subject = (subject?.id ?? question.subject["id"]?.string, known)
        let other = resource ?? stored(question.resource)
        self.resource = (resource?.id ?? question.resource["id"]?.string, other)
        self.action = action ?? question.action?["name"]?.string
        let type = question.subject["type"]?.string
        isSubjectKnown = known != nil || !mapping.entities.contains { $0.type == type }
    }

    func fits(_ rule: AccessMapping.Rule) -> Bool {
        rule.action == action && rule.resource == question.resource["type"]?.string
            && (rule.id == nil || rule.id == resource.id)
    }

    func request(_ known: [Text], at instant: Instant) -> Request {
        var request = Request(at: instant)
        if let id = first(mapping.user)?.string, id.utf8.count <= Caller.longestName {
            request.user = Text(id)
        }
        for path in mapping.roles {
            guard let value = value(at: path) else { continue }
            let names = value.kind == .list ? value.children.map(\.string) : [value.string]
            request.roles += names.compactMap { $0.map { Text($0) } }.filter(known.contains)
        }
        for (claim, paths) in mapping.claims {
            guard let value = first(paths) else { continue }
            request.claims[claim] = Claim(ClaimValue(value), .vouched)
        }
        return request
    }

    private func first(_ paths: [AccessMapping.Path]) -> JSONValue? {
        for path in paths {
            if let value = value(at: path) { return value }
        }
        return nil
    }

    private func value(at path: AccessMapping.Path) -> JSONValue? {
        let (root, names) = (path.names[0], path.names.dropFirst())
        let (value, stored): (JSONValue?, AccessMapping.Entity?) =
            switch root {
            case "subject": (question.subject, subject.stored)
            case "resource": (question.resource, resource.stored)
            case "action": (question.action, nil)
            default: (question.context, nil)
            }
        // The id of what is sought is the one that is looked at, whatever a request says.
        if names.elementsEqual(["id"]), root == "subject" || root == "resource" {
            return AccessView.text(root == "subject" ? subject.id : resource.id)
        }
        if let found = value.flatMap({ AccessView.value(names, in: $0) }) { return found }
        guard let stored, names.first == "properties" else { return nil }
        return stored.properties.flatMap { AccessView.value(names.dropFirst(), in: $0) }
    }

    private static func value(_ names: ArraySlice<String>, in value: JSONValue) -> JSONValue? {
        var value = value
        for name in names {
            guard value.kind == .object,
                let next = value.children.first(where: { $0.key.elementsEqual(name.utf8) }),
                !next.isNull
            else { return nil }
            value = next
        }
        return value
    }

    private static func text(_ text: String?) -> JSONValue? {
        guard let text else { return nil }
        var writer = JSONWriter()
        writer.list { $0.value(text) }
        var children = (try? JSONDocument(writer.bytes))?.root.children
        return children?.next()
    }
}
