import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer
import CharterStore
import Foundation
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Enforces a charter in front of a model: a gateway for OpenAI's chat completions.",
        discussion: """
            For example:

              charter serve --config charter.yaml
              charter serve --upstream http://127.0.0.1:8081/v1

            Without settings the standard charter is in force, for whoever can reach
            the port. Ctrl-C ends it.
            """)

    @Option(help: ArgumentHelp("The settings, `charter.yaml`.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The model's server, instead of the settings' own; its key is read from UPSTREAM_KEY.",
            valueName: "url"))
    var upstream: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen, instead of the settings' own.", valueName: "host:port"))
    var listen: String?

    func validate() throws {
        if config == nil, upstream == nil {
            throw ValidationError("say --config FILE, or --upstream URL")
        }
        if let upstream {
            guard Settings.isUpstream(upstream) else {
                throw ValidationError("--upstream: write an address, http://127.0.0.1:8081/v1")
            }
            if ["", "/"].contains(URL(string: upstream)?.path() ?? "") {
                Output.error("note: the address of a model's server mostly ends in /v1")
            }
        }
        var unused = Settings(upstreams: [])
        if let listen, !unused.listen(listen) {
            throw ValidationError("--listen: write HOST:PORT, such as 127.0.0.1:8080")
        }
    }

    func run() async throws {
        let origin = SettingsOrigin(
            file: config, environment: ProcessInfo.processInfo.environment, listen: listen,
            upstream: upstream)
        let reading = origin.read()
        Output.error(reading.diagnostics.filter { $0.severity > .note })
        guard let settings = reading.value else { throw ExitCode.input }
        let gateway = try Serve.read(settings)
        if let tls = settings.tls { try ServerTLS.check(tls) }
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "charter")
        logger.logLevel = .notice
        let server: ServerLifecycle
        do { server = try ServerLifecycle(gateway, origin, logger: logger) } catch {
            let why = (error as? Store.Failure)?.message ?? "\(error)"
            Output.error("charter: the store: \(why)")
            throw ExitCode.environment
        }
        do {
            try await server.run { port in
                let charter = settings.charter ?? "the standard charter"
                let operators = settings.operators.map(\.name).joined(separator: ", ")
                let who = operators.isEmpty ? "anybody may come in" : "for \(operators)"
                let scheme = settings.tls == nil ? "http" : "https"
                Output.error("charter is in force at \(scheme)://\(settings.host):\(port)/v1")
                let servers = settings.upstreams.map(\.url).joined(separator: ", ")
                Output.error("\(charter), \(who), in front of \(servers)")
            }
        } catch {
            let isTaken = "\(error)".contains("EADDRINUSE") || "\(error)".contains("errno: 98")
            let isAdmin = "\(error)".contains("`admin_listen`")
            let why =
                isTaken && !isAdmin
                ? "the address is taken; `--listen HOST:PORT` says another" : "\(error)"
            Output.error("charter: cannot serve at \(settings.host):\(settings.port): \(why)")
            throw ExitCode.environment
        }
    }

    /// The gateway that a file of settings describes.
    ///
    /// - Parameter needsKeys: whether API keys have to be in the environment.
    static func gateway(config: String, needsKeys: Bool) throws -> Gateway {
        try read(try settings(config, needsKeys: needsKeys))
    }

    private static func read(_ settings: Settings) throws -> Gateway {
        let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
        let reading = Gateway.read(settings, at: now)
        Output.error(reading.diagnostics.filter { $0.severity > .note })
        guard let gateway = reading.value else { throw ExitCode.input }
        return gateway
    }

    static func settings(_ config: String, needsKeys: Bool = true) throws -> Settings {
        let reading = Settings.read(
            try PolicyFiles.source(config), environment: ProcessInfo.processInfo.environment,
            needsKeys: needsKeys)
        guard let settings = reading.value else {
            Output.error(reading.diagnostics)
            throw ExitCode.input
        }
        return settings
    }
}
