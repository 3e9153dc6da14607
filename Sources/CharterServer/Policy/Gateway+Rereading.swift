internal import CharterDocuments
internal import CharterEngine

extension Gateway {
    /// What comes of looking at all files again.
    struct Rereading: Sendable {
        /// What is to be in force.
        let gateway: Gateway
        /// What is wrong, and what is doubtful; no line of a document is in it.
        let diagnostics: [Diagnostic]
        /// Keys of the settings whose change counts after a new start alone.
        let unchangeable: [String]
    }

    /// Reads settings and documents again. Where something is wrong, what was in force stays so.
    func reread(_ origin: SettingsOrigin, at now: Instant) -> Rereading {
        let reads = SourceReads(required: required)
        var reading = origin.read(reads)
        let found = reads.taken().first
        var unchangeable: [String] = []
        var settings = settings
        if let new = reading.value {
            if !settings.operators.isEmpty, new.operators.isEmpty {
                // Without operators anybody may come in, which a lost line must not bring about.
                reading.diagnostics.append(
                    GatewayReading.mistake(
                        FileError(
                            path: origin.file ?? "settings",
                            message:
                                "the operators are gone, and without any whoever can reach the port may come in; a gateway that is started anew goes without them"
                        )))
            } else {
                (settings, unchangeable) = new.pinned(to: settings)
            }
        }
        let source = Gateway.source(of: settings, found, settingsSource, at: now)
        let documents = GatewayReading(settings, reads, at: now)
        let gateway = Gateway(
            settings, documents, source, contents: reads.contents, after: self, at: now)
        return Rereading(
            gateway: gateway,
            diagnostics: (reading.diagnostics + documents.diagnostics).map(\.withoutLine),
            unchangeable: unchangeable)
    }

    /// Paths of what is in force.
    private var required: Set<String> {
        Set(
            policies.values.flatMap { $0.good?.sources ?? [] }
                .filter { $0.content.digest != nil }.map(\.path))
    }
}
