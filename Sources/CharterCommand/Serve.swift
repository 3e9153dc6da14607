import ArgumentParser
import CharterDocuments
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
            guard upstream.hasPrefix("http://") || upstream.hasPrefix("https://"),
                URL(string: upstream)?.host()?.isEmpty == false
            else {
                throw ValidationError("--upstream: write an address, http://127.0.0.1:8081/v1")
            }
            if ["", "/"].contains(URL(string: upstream)?.path() ?? "") {
                Output.error("note: the address of a model's server mostly ends in /v1")
            }
        }
        var unused = Settings(upstream: .init(url: ""))
        if let listen, !unused.listen(listen) {
            throw ValidationError("--listen: write HOST:PORT, such as 127.0.0.1:8080")
        }
    }

    func run() async throws {
        let settings = try settings()
        let gateway = try Serve.read(settings)
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "charter")
        logger.logLevel = .warning
        let server: GatewayServer
        do { server = try GatewayServer(gateway, logger: logger) } catch {
            Output.error("charter: the store: \(error.message)")
            throw ExitCode.environment
        }
        do {
            try await server.run { port in
                let charter = settings.charter ?? "the standard charter"
                let operators = settings.operators.map(\.name).joined(separator: ", ")
                let who = operators.isEmpty ? "anybody may come in" : "for \(operators)"
                Output.error("charter is in force at http://\(settings.host):\(port)/v1")
                Output.error("\(charter), \(who), in front of \(settings.upstream.url)")
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
        let reading = try Gateway.read(settings)
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

    private func settings() throws -> Settings {
        var settings: Settings
        if let config {
            settings = try Serve.settings(config)
        } else {
            settings = Settings(upstream: .init(url: upstream ?? ""))
        }
        if let upstream {
            settings.upstream.url = upstream
            settings.upstream.key =
                ProcessInfo.processInfo.environment["UPSTREAM_KEY"].flatMap {
                    $0.isEmpty ? nil : $0
                }
        }
        if let listen { _ = settings.listen(listen) }
        return settings
    }
}
