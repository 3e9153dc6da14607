internal import CharterDocuments
internal import CharterEngine

/// The models that somebody may ask for, of the list that a model's server has.
public struct ModelList: Sendable {
    private let models: [Model]

    private struct Model {
        let id: String
        let value: JSONValue
    }

    /// A list that a model's server gives, and the models of it that count; nil: all.
    public typealias Source = (body: [UInt8], models: Set<String>?)

    /// The largest list of one server, in bytes.
    private static let largest = 4 << 20

    /// Reads the lists of servers, in either dialect; of two models with the same id the first counts.
    ///
    /// - Parameter names: the only ones that may be asked for; nil: any.
    /// - Throws: a 502 where none of them is a list.
    public init(_ sources: [Source], only names: [String]?) throws(APIError) {
        var models: [Model] = []
        var told: Set<String> = []
        var isList = false
        for (body, allowed) in sources {
            let root = (try? JSONDocument(body, limits: JSONLimits(bytes: Self.largest)))?.root
            guard let data = root?.present("data"), data.kind == .list else { continue }
            isList = true
            for value in data.children {
                guard let id = value["id"]?.string, allowed?.contains(id) ?? true,
                    names?.contains(id) ?? true, told.insert(id).inserted
                else { continue }
                models.append(Model(id: id, value: value))
            }
        }
        guard isList else { throw .upstreamMalformed("a list of models without `data`") }
        self.models = models
    }

    /// The list, as whoever asks expects it.
    public func body(in dialect: Dialect) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if dialect == .openAI { writer.member("object", "list") }
            writer.list("data") { writer in
                for model in models { write(model, dialect, to: &writer) }
            }
            if dialect == .anthropic {
                writer.member("has_more", false)
                writer.member("first_id", models.first?.id)
                writer.member("last_id", models.last?.id)
            }
        }
        return writer.bytes
    }

    /// One model; nil where it is not in the list.
    public func body(ofModel id: String, in dialect: Dialect) -> [UInt8]? {
        guard let model = models.first(where: { $0.id == id }) else { return nil }
        var writer = JSONWriter()
        write(model, dialect, to: &writer)
        return writer.bytes
    }

    /// As it came where it is of the dialect, else made anew.
    private func write(_ model: Model, _ dialect: Dialect, to writer: inout JSONWriter) {
        let isAnthropic = model.value["type"]?.isText("model") ?? false
        if isAnthropic == (dialect == .anthropic) {
            return writer.raw(String(decoding: model.value.raw, as: UTF8.self))
        }
        writer.object { writer in
            writer.member("id", model.id)
            switch dialect {
            case .openAI:
                writer.member("object", "model")
                writer.member("created", 0)
                writer.member("owned_by", "anthropic")
            case .anthropic:
                // Up to the year 9999: what a server says may be any number.
                let seconds = min(max(0, model.value["created"]?.integer ?? 0), 253_402_300_799)
                let created = Instant(seconds: Int64(seconds))
                writer.member("type", "model")
                writer.member("display_name", model.id)
                writer.member("created_at", created.dateTime)
            }
        }
    }
}
