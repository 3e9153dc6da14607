import ArgumentParser
import CharterAnalysis
import CharterDocuments
import CharterServer
import Foundation

struct Probe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tries to move what is hardcoded at a gateway of one's own, and says what moved.",
        usage: "charter probe [<options>] <url>",
        discussion: """
            For example:

              charter probe http://127.0.0.1:8080 --key try-clinic

            Each attempt is a request: messages that claim to be somebody, forged
            tokens, claims that say they are verified. What a decision shows afterwards
            is compared with what the key may reach. Answers are cut to one token.

            Exit code 1 where something moved, 3 where nothing could be tried.
            """)

    @Argument(help: ArgumentHelp("The gateway: http://127.0.0.1:8080", valueName: "url"))
    var url: String

    @Option(
        help: ArgumentHelp("An operator's key; unsaid, CHARTER_KEY is read.", valueName: "key"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The model that is asked for; unsaid, the first that the gateway lists.",
            valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("The most requests that are sent.", valueName: "n"))
    var requests = 500

    @Flag(
        name: .customLong("i-own-this"),
        help: "Goes beyond this machine: whoever runs the gateway has agreed.")
    var isOwned = false

    @Option(help: "How to write it.")
    var format = OutputFormat.text

    func validate() throws {
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme),
            parsed.host()?.isEmpty == false, parsed.user() == nil,
            ["", "/"].contains(parsed.path()), parsed.query() == nil
        else {
            throw ValidationError(
                "write the gateway's address, without a path: http://127.0.0.1:8080")
        }
        guard isOwned || GatewayProbe.isLoopback(url) else {
            throw ValidationError(
                "this is not this machine; `--i-own-this` says that whoever runs it has agreed")
        }
        guard (10...100_000).contains(requests) else {
            throw ValidationError("--requests: a number from 10 to 100000")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment["CHARTER_KEY"]
        let probe = GatewayProbe(
            url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            key: key ?? environment.flatMap { $0.isEmpty ? nil : $0 }, model: model,
            mostRequests: requests)
        let isWatched = isatty(STDERR_FILENO) == 1
        let report: GatewayProbe.Report
        do throws(GatewayProbe.Failure) {
            report = try await probe.run { count, all in
                if isWatched {
                    FileHandle.standardError.write(Data("\r\(count) of \(all) attempts ".utf8))
                }
            }
        } catch {
            Output.error("charter: \(url): \(error.message)")
            throw ExitCode.environment
        }
        if isWatched { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        let text = ProbeText(url: url, report)
        print(format == .json ? text.json : Output.visible(text.lines))
        guard report.findings.isEmpty else { throw ExitCode.findings }
    }
}

/// What a probe came to, as people and programs read it. No key is in it.
struct ProbeText {
    private let url: String
    private let report: GatewayProbe.Report

    /// The longest part of a body that is shown to people, in characters.
    private static let longestBody = 600

    init(url: String, _ report: GatewayProbe.Report) {
        self.url = url
        self.report = report
    }

    var lines: [String] {
        let hardcoded = report.targets.count(where: \.isHardcoded)
        var lines = [
            "\(url), for \(report.operatorName): \(hardcoded) behaviors are hardcoded, "
                + "\(report.targets.count - hardcoded) more have a ceiling",
            "\(report.attempts) of \(report.ofAttempts) attempts in \(report.requests) requests; "
                + "\(report.rejected) were not understood, \(report.failed) came to nothing",
        ]
        if report.findings.isEmpty { return lines + ["nothing moved"] }
        let behaviors = Set(report.findings.map(\.target.behavior)).count
        lines.append("\(behaviors) moved:")
        for finding in report.findings {
            let attempt = finding.attempt
            lines += [
                "", "\(finding.target.behavior): \(finding.message)", "  \(attempt.name)",
                "  \(attempt.method) \(attempt.path)",
            ]
            lines += attempt.fields.map { "  \($0.name): \($0.value)" }
            let body = String(decoding: attempt.body, as: UTF8.self)
            if !body.isEmpty {
                lines.append(
                    "  \(body.prefix(ProbeText.longestBody))"
                        + (body.count > ProbeText.longestBody ? "… (--format json has it all)" : "")
                )
            }
        }
        return lines
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("url", url)
            writer.member("operator", report.operatorName)
            writer.member("behaviors", report.targets.count)
            writer.member("attempts", report.attempts)
            writer.member("of_attempts", report.ofAttempts)
            writer.member("requests", report.requests)
            writer.member("rejected", report.rejected)
            writer.member("failed", report.failed)
            writer.list("moved") { writer in
                for finding in report.findings {
                    writer.object { writer in
                        writer.member("behavior", finding.target.behavior)
                        writer.member("hardcoded", finding.target.isHardcoded)
                        writer.member("message", finding.message)
                        writer.member("attempt", finding.attempt.name)
                        writer.object("request") { writer in
                            writer.member("method", finding.attempt.method)
                            writer.member("path", finding.attempt.path)
                            writer.list("fields") { writer in
                                for field in finding.attempt.fields {
                                    writer.value("\(field.name): \(field.value)")
                                }
                            }
                            writer.member(
                                "body", String(decoding: finding.attempt.body, as: UTF8.self))
                        }
                    }
                }
            }
        }
        return writer.text
    }
}
