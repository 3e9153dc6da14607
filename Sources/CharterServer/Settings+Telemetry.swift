extension Settings {
    /// What those who run the gateway see of it.
    struct Telemetry: Sendable {
        /// Where metrics are; nil: nowhere.
        var admin: Address?
        /// What is written of each request.
        var log = Log.none
        /// Where traces go; nil: nowhere.
        var otlp: OTLP?
    }

    /// A collector of OpenTelemetry.
    struct OTLP: Sendable {
        /// With its path: `http://127.0.0.1:4318/v1/traces`.
        var url: String
        /// Fields that it wants, such as a key.
        var headers: [(name: String, value: String)] = []
    }

    /// What is written on standard error of each request.
    enum Log: String, Sendable {
        /// Nothing, a line for people, or a line of JSON.
        case none, text, json
    }

    /// Where a server listens.
    struct Address: Hashable, Sendable {
        var host: String
        var port: Int

        /// Reads `HOST:PORT`; nil where it is none.
        init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"),
                let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
            else { return nil }
            var name = text[..<colon]
            if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
            host = name.isEmpty ? "0.0.0.0" : String(name)
            self.port = port
        }
    }
}
