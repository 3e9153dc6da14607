internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine

extension Settings {
    /// What is asked beside the patterns.
    struct Detection: Sendable {
        /// In the order of the settings.
        var judges: [Judge] = []
        /// In the order of the settings.
        var moderations: [Moderation] = []
        /// How long all of it may take for one request.
        var budget = Duration.seconds(5)
        /// How long a streamed answer is held while somebody looks at it.
        var window = Duration.seconds(2)

        /// Whether nothing is asked.
        var isEmpty: Bool { judges.isEmpty && moderations.isEmpty }
    }

    /// A model that judges by the charter.
    struct Judge: Sendable {
        /// What records and logs call it.
        var name: String
        /// Its server.
        var upstream: Upstream
        /// The model, as the server calls it.
        var model: String
        /// How long it may take.
        var timeout: Duration
        /// What it looks for, with where the settings say so; nil: whatever nothing else looks for.
        var behaviors: [(id: BehaviorID, range: Range<Int>)]?
        /// The most text that it is given, in bytes.
        var largestText: Int
        /// What it looks at.
        var place: Pattern.Place
        /// Where the settings name it.
        var range: Range<Int>
    }

    /// An endpoint like OpenAI's `/v1/moderations`.
    struct Moderation: Sendable {
        /// What records and logs call it.
        var name: String
        /// Its server.
        var upstream: Upstream
        /// The model, as the server calls it; nil: the server's own choice.
        var model: String?
        /// How long it may take.
        var timeout: Duration
        /// What it looks at.
        var place: Pattern.Place
        /// What its categories mean, with where the settings say so.
        var categories: [Category]

        /// One category.
        struct Category: Sendable {
            var name: String
            var behavior: BehaviorID
            var value: Text?
            var threshold: Double?
            var range: Range<Int>
        }
    }
}
