internal import CharterDocuments

/// The list of models (`GET /v1/models`) that several servers give together.
public enum ModelList {
    /// The largest list of one server, in bytes.
    private static let largest = 4 << 20

    /// One list of the models of all; of two with the same id the first counts. What is no list adds nothing.
    ///
    /// - Parameter lists: of each server its answer, and the models that the settings leave it; nil: all.
    public static func merged(_ lists: [(body: [UInt8], models: Set<String>?)]) -> [UInt8] {
        var told: Set<String> = []
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.list("data") { writer in
                for (body, models) in lists {
                    let limits = JSONLimits(bytes: largest)
                    let root = (try? JSONDocument(body, limits: limits))?.root
                    for model in root?.present("data")?.listed ?? [] {
                        guard let id = model.present("id")?.string,
                            models?.contains(id) ?? true, told.insert(id).inserted
                        else { continue }
                        writer.raw(String(decoding: model.raw, as: UTF8.self))
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension JSONValue {
    /// The values of a list; nil where it is none.
    fileprivate var listed: [JSONValue]? { kind == .list ? Array(children) : nil }
}
