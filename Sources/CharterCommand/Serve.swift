import ArgumentParser
import CharterDocuments
import CharterServer
import Foundation
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enforces a charter in front of a model: a gateway for OpenAI's chat completions.",
        discussion: """
            charter serve --config charter.yaml
            charter serve --upstream http://127.0.0.1:8081/v1

            Without settings the standard charter is in force, for whoever can reach the port.
            """)

    @Option(help: "The settings, charter.yaml.")
    var config: String?

    @Option(help: "The model's server, such as http://127.0.0.1:8081/v1; instead of the settings' own.")
    var upstream: String?

    @Option(help: "Where to listen, HOST:PORT; instead of the settings' own.")
    var listen: String?

    func run() async throws {
        let settings = try settings()
        let gateway = try read(settings)
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "charter")
        logger.logLevel = .warning
        do {
            try await GatewayServer(gateway, logger: logger).run { port in
                Output.error("charter is in force at http://\(settings.host):\(port)/v1")
            }
        } catch {
            Output.error("charter: cannot serve at \(settings.host):\(settings.port): \(error)")
            throw ExitCode.environment
        }
    }

    private func read(_ settings: Settings) throws -> Gateway {
        let reading: Reading<Gateway>
        do {
            reading = try Gateway.read(settings)
        } catch {
            Output.error("charter: \(error)")
            throw ExitCode.input
        }
        let shown = reading.diagnostics.filter { $0.severity > .note }
        if !shown.isEmpty { Output.error(DiagnosticText.render(shown)) }
        guard let gateway = reading.value else { throw ExitCode.input }
        return gateway
    }

    private func settings() throws -> Settings {
        var settings: Settings
        if let config {
            let reading: Reading<Settings>
            do {
                reading = Settings.read(
                    try PolicyFiles.source(config), environment: ProcessInfo.processInfo.environment)
            } catch {
                Output.error("charter: \(error)")
                throw ExitCode.input
            }
            guard let value = reading.value else {
                Output.error(DiagnosticText.render(reading.diagnostics))
                throw ExitCode.input
            }
            settings = value
        } else if let upstream {
            settings = Settings(upstream: .init(url: upstream))
        } else {
            throw ValidationError("say --config FILE, or --upstream URL")
        }
        if let upstream {
            settings.upstream.url = upstream
            settings.upstream.key =
                ProcessInfo.processInfo.environment["UPSTREAM_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let listen, !settings.listen(listen) {
            throw ValidationError("--listen: write HOST:PORT, such as 127.0.0.1:8080")
        }
        return settings
    }
}
