public import CharterDocuments
internal import CharterEngine

/// Where the settings of a server come from: a file, over it the environment, over that the flags.
public struct SettingsOrigin: Sendable {
    /// The path of `charter.yaml`; nil: there is none.
    public let file: String?
    private let environment: [String: String]
    private let listen: String?
    private let upstream: String?

    /// - Parameters:
    ///   - environment: where `env:NAME` is looked up, and keys as `CHARTER_LISTEN`.
    ///   - listen: of a flag, `HOST:PORT`.
    ///   - upstream: of a flag: the address of the model's server, whose key is `UPSTREAM_KEY` then.
    public init(
        file: String?, environment: [String: String], listen: String? = nil, upstream: String? = nil
    ) {
        self.file = file
        self.environment = environment
        self.listen = listen
        self.upstream = upstream
    }

    /// The settings; whatever is wrong is told at once.
    public func read() -> Reading<Settings> { read(SourceReads()) }

    /// As above; what is read is noted.
    func read(_ reads: SourceReads) -> Reading<Settings> {
        var settings = Settings(upstreams: [])
        var diagnostics: [Diagnostic] = []
        var reader: SettingsReader?
        if let file {
            do throws(FileError) {
                let source = try reads.source(file, .settings)
                if let bound = source.bounds(area: "settings") {
                    return Reading(value: nil, diagnostics: [bound.withoutLine])
                }
                var fileReader = SettingsReader(source, environment, needsKeys: true)
                fileReader.read(into: &settings)
                reader = fileReader
            } catch {
                return Reading(value: nil, diagnostics: [GatewayReading.mistake(error)])
            }
        }
        diagnostics += readEnvironment(named: reader?.variables ?? [], into: &settings)
        if let upstream {
            // Of several servers it is not known which one it stands in for.
            var only =
                settings.upstreams.count == 1 ? settings.upstreams[0] : Settings.Upstream(url: "")
            only.url = upstream
            only.key = environment["UPSTREAM_KEY"].flatMap { $0.isEmpty ? nil : $0 }
            settings.upstreams = [only]
        }
        if let listen { _ = settings.listen(listen) }
        let isNamed = diagnostics.contains { $0.file == SettingsOrigin.variable("upstream_url") }
        if !isNamed {
            reader =
                reader
                ?? SettingsReader(SourceText(file: "settings", text: ""), [:], needsKeys: true)
            reader?.checkUpstreams(of: settings)
        }
        // A line of settings may hold a key, which gets into no log.
        diagnostics += reader?.findings.diagnostics ?? []
        return Reading(value: settings, diagnostics: diagnostics.map(\.withoutLine))
    }

    /// The variable of a key: `CHARTER_LISTEN`, `CHARTER_UPSTREAM_URL`.
    private static func variable(_ key: String) -> String { "CHARTER_\(key.uppercased())" }

    /// Variables that mean something to other parts of Charter.
    private static let others = ["CHARTER_STORE_SECRET", "CHARTER_KEY"]

    /// - Parameter named: variables that the settings name, which may be called anything.
    private func readEnvironment(
        named: Set<String>, into settings: inout Settings
    ) -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        let top = SettingsReader.scalars
        let ofUpstream = SettingsReader.upstreamKeys.map { "upstream_\($0)" }
        let known = Dictionary(
            uniqueKeysWithValues: (top + ofUpstream).map { (SettingsOrigin.variable($0), $0) })
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("CHARTER_") && !named.contains(name) {
            let source = SourceText(file: name, text: text)
            var reader = SettingsReader(source, environment, needsKeys: true)
            let node = YAMLNode.text(text)
            if let key = known[name] {
                if ofUpstream.contains(key), settings.upstreams.count > 1 {
                    reader.findings.add(
                        "settings.bad-value", at: node.range,
                        "there are several upstreams, and the variable does not say which",
                        help: "write it into the settings")
                } else if ofUpstream.contains(key) {
                    var upstream = settings.upstreams.first ?? Settings.Upstream(url: "")
                    reader.takeUpstream(String(key.dropFirst(9)), node, into: &upstream)
                    settings.upstreams = [upstream]
                } else {
                    reader.take(key, node, into: &settings)
                }
            } else if !SettingsOrigin.others.contains(name) {
                reader.findings.add(
                    "settings.unknown-key", .warning, at: node.range,
                    "there is no setting of this name, and the variable changes nothing",
                    help: NearestName.help(for: name, among: known.keys.sorted()))
            }
            diagnostics += reader.findings.diagnostics
        }
        return diagnostics
    }
}

extension Settings {
    /// The same with what cannot change while a gateway runs as it was, and the keys of those that would.
    func pinned(to last: Settings) -> (settings: Settings, changed: [String]) {
        var settings = self
        var changed: [String] = []
        if (host, port) != (last.host, last.port) { changed.append("listen") }
        if store.map({ [$0.path, $0.secret] }) != last.store.map({ [$0.path, $0.secret] }) {
            changed.append("store")
        }
        if tls != last.tls { changed.append("tls") }
        if decisions != last.decisions { changed.append("decisions") }
        if drainSeconds != last.drainSeconds { changed.append("drain") }
        if telemetry.admin != last.telemetry.admin { changed.append("admin_listen") }
        if telemetry.log != last.telemetry.log { changed.append("log") }
        if telemetry.otlp?.url != last.telemetry.otlp?.url { changed.append("otlp") }
        (settings.host, settings.port, settings.store) = (last.host, last.port, last.store)
        (settings.tls, settings.decisions) = (last.tls, last.decisions)
        settings.drainSeconds = last.drainSeconds
        settings.telemetry = last.telemetry
        return (settings, changed)
    }
}
