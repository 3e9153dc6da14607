import ArgumentParser
import CharterDocuments
import CharterServer
import Foundation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is in force in a running gateway, and how its files stand.",
        discussion: """
            For example:

              charter status --key try-clinic
              charter status https://charter.example.com --format json

            A key shows what is its operator's. Exit code 0 where every file is in force,
            1 where one is not, 3 where the gateway cannot be asked.
            """)

    @Argument(help: ArgumentHelp("The gateway's address.", valueName: "url"))
    var url = "http://127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "An operator's key; unsaid, that of CHARTER_KEY, which no list of processes shows.",
            valueName: "key"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Certificates, in PEM, that the gateway's goes back to; unsaid, the system's.",
            valueName: "file"))
    var ca: String?

    @Option(help: "How the output is written.")
    var format = OutputFormat.text

    func validate() throws {
        guard Settings.isUpstream(url) else {
            throw ValidationError("write an address, http://127.0.0.1:8080")
        }
    }

    func run() async throws {
        let address = url.hasSuffix("/") ? String(url.dropLast()) : url
        let key = key ?? ProcessInfo.processInfo.environment["CHARTER_KEY"]
        let bytes: [UInt8]
        switch await StatusClient.ask(address, key: key, authority: ca) {
        case .status(let status): bytes = status
        case .refused(401):
            Output.error("charter: the gateway knows no such key; say an operator's by --key")
            throw ExitCode.environment
        case .refused(let status):
            Output.error("charter: the gateway answers \(status)")
            throw ExitCode.environment
        case .unreachable(let why):
            Output.error("charter: \(why)")
            throw ExitCode.environment
        }
        guard let root = (try? JSONDocument(bytes))?.root, let inForce = root["in_force"]?.boolean
        else {
            Output.error("charter: what answers at \(address) is no gateway of Charter's")
            throw ExitCode.environment
        }
        switch format {
        case .json: print(String(decoding: bytes, as: UTF8.self))
        case .text: print(Output.visible(Status.lines(root)))
        }
        guard inForce else { throw ExitCode.findings }
    }

    /// For people: what is in force, then a row for each file.
    private static func lines(_ status: JSONValue) -> [String] {
        func text(_ value: JSONValue?) -> String { value?.string ?? "-" }
        let charter = status["charter"]
        let isCautious = status["cautious"]?.boolean == true
        let name = [charter?["name"]?.string, charter?["version"]?.string].compactMap { $0 }
        let head = [
            ["operator", text(status["operator"])],
            ["charter", name.isEmpty ? "-" : name.joined(separator: " ")],
            ["policy", isCautious ? "the most cautious values" : text(status["policy"])],
            [
                "in force",
                "since \(text(status["since"])), generation \(status["generation"]?.integer ?? 0)",
            ],
            ["modes", list(status["modes"])],
            ["upstreams", list(status["upstreams"])],
        ]
        let stale = status["stale_since"]?.string.map { [["stale", "since \($0)"]] } ?? []
        let rows = (status["sources"].map { Array($0.children) } ?? []).map { source in
            [
                text(source["state"]), text(source["kind"]), text(source["file"]),
                text(source["since"]),
                source["digest"]?.string.map { String($0.prefix(19)) } ?? "-",
            ]
        }
        return TextTable(head + stale).lines + [""]
            + TextTable([["state", "kind", "file", "since", "digest"]] + rows).lines
    }

    private static func list(_ value: JSONValue?) -> String {
        let names = value.map { $0.children.compactMap(\.string) } ?? []
        return names.isEmpty ? "-" : names.joined(separator: ", ")
    }
}
