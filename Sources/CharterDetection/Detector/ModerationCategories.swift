public import CharterDocuments
public import CharterEngine

/// What the categories of an endpoint like OpenAI's `/v1/moderations` mean in a charter.
public struct ModerationCategories: Sendable {
    /// What one category calls for.
    public struct Meaning: Hashable, Sendable {
        /// Which behavior.
        public var behavior: BehaviorID
        /// Which value of it; nil: the one of the highest rank.
        public var value: Text?
        /// From which score on it counts; nil: where the endpoint flags it.
        public var threshold: Double?

        /// A meaning; unsaid: the highest value, wherever it is flagged.
        public init(_ behavior: BehaviorID, value: Text? = nil, threshold: Double? = nil) {
            self.behavior = behavior
            self.value = value
            self.threshold = threshold
        }
    }

    /// By the endpoint's name for it, in the order of the names.
    public let meanings: [(category: String, meaning: Meaning)]
    /// Behaviors that are duties: a category does not call for them but triggers them.
    private let duties: Set<BehaviorID>

    /// Categories with what they mean in this charter.
    public init(_ meanings: [String: Meaning], _ charter: Charter) {
        self.meanings = meanings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        duties = Set(charter.behaviors.filter { $0.kind == .duty }.map(\.id))
    }

    /// What the categories can call for.
    public var behaviors: Set<BehaviorID> { Set(meanings.map(\.meaning.behavior)) }

    /// Everything that decides what an answer means.
    public var identity: [UInt8] {
        var writer = JSONWriter()
        writer.list { writer in
            for (category, meaning) in meanings {
                writer.value(category)
                writer.value(meaning.behavior.text.string)
                writer.value(meaning.value?.string)
                writer.value(meaning.threshold.map { "\($0)" })
            }
        }
        return writer.bytes
    }

    /// The body of a request about texts.
    public func body(model: String?, about texts: [DetectedText]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let model { writer.member("model", model) }
            writer.list("input") { writer in
                for text in texts { writer.value(String(decoding: text.bytes, as: UTF8.self)) }
            }
        }
        return writer.bytes
    }

    /// Reads an answer about so many texts: a result for each, with every category that is looked for, its
    /// flag and its score.
    ///
    /// - Throws: `outOfSchema`.
    public func detections(
        in answer: JSONValue, about texts: Int
    ) throws(DetectorFailure) -> [Detection] {
        guard let results = answer["results"], results.kind == .list else { throw .outOfSchema }
        var detections: [Detection] = []
        var count = 0
        for result in results.children {
            let flags = ModerationCategories.members(of: result["categories"])
            let scores = ModerationCategories.members(of: result["category_scores"])
            for (category, meaning) in meanings {
                let key = Array(category.utf8)[...]
                guard let isFlagged = flags[key]?.boolean,
                    let score = scores[key].flatMap(ModerationCategories.score)
                else { throw .outOfSchema }
                guard meaning.threshold.map({ score >= $0 }) ?? isFlagged else { continue }
                detections.append(
                    Detection(
                        meaning.behavior, value: meaning.value,
                        isTriggered: duties.contains(meaning.behavior), text: count, score: score))
            }
            count += 1
        }
        guard count == texts else { throw .outOfSchema }
        return detections
    }

    private static func members(of object: JSONValue?) -> [ArraySlice<UInt8>: JSONValue] {
        var members: [ArraySlice<UInt8>: JSONValue] = [:]
        guard let object, object.kind == .object else { return members }
        for member in object.children { members[member.key] = member }
        return members
    }

    private static func score(_ value: JSONValue) -> Double? {
        guard value.kind == .number, let score = Double(String(decoding: value.raw, as: UTF8.self)),
            (0...1).contains(score)
        else { return nil }
        return score
    }
}
