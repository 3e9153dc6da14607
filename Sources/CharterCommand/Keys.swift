import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer
import CharterStore
import Foundation

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, lists and ends the API keys of operators.",
        discussion: """
            Keys are kept in the `store` of the settings, as keyed hashes: a key is shown once.

              charter keys create --config charter.yaml --operator clinic
            """,
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self])

    /// The settings with their store.
    struct StoreOptions: ParsableArguments {
        @Option(help: ArgumentHelp("The settings, `charter.yaml`.", valueName: "file"))
        var config: String

        func open() throws -> (Settings, Store) {
            let settings = try Serve.settings(config, needsKeys: false)
            guard let file = settings.store else {
                throw UsageError(
                    "\(config): there is no `store`; write `store: {path: charter.sqlite, secret: env:CHARTER_STORE_SECRET}`"
                )
            }
            return (
                settings,
                try Keys.store { () throws(Store.Failure) in
                    try Store(path: file.path, secret: file.secret)
                }
            )
        }
    }

    /// Says what the store cannot do; exit code 3.
    static func store<Value>(_ body: () throws(Store.Failure) -> Value) throws -> Value {
        do { return try body() } catch {
            Output.error("charter: the store: \(error.message)")
            throw ExitCode.environment
        }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key, and shows it this once.")

        @OptionGroup var store: StoreOptions

        @Option(
            name: .customLong("operator"),
            help: ArgumentHelp("The operator, as the settings name it.", valueName: "name"))
        var operatorName: String

        @Option(
            name: .customLong("model"),
            help: ArgumentHelp(
                "A model that may be asked for; may be said several times; unsaid: any.",
                valueName: "name"))
        var models: [String] = []

        @Option(
            help: ArgumentHelp(
                "When it ends, 2027-03-31T12:00:00Z; unsaid: never.", valueName: "time"))
        var expires: String?

        @Option(help: ArgumentHelp("For people: whose it is, and what for.", valueName: "text"))
        var note: String?

        func run() throws {
            let (settings, store) = try store.open()
            let names = settings.operators.map(\.name)
            guard names.contains(operatorName) else {
                throw UsageError(
                    "--operator: the settings have no `\(operatorName)`; "
                        + (NearestName.help(for: operatorName, among: names)
                            ?? "there are " + names.map { "`\($0)`" }.joined(separator: ", ")))
            }
            let expires = try expires.map { try Instant(argument: $0, of: "--expires").seconds }
            guard expires.map({ $0 > Keys.now }) ?? true else {
                throw UsageError("--expires: this has passed")
            }
            let made = try Keys.store { () throws(Store.Failure) in
                try store.createKey(
                    operator: operatorName, models: models.isEmpty ? nil : models, note: note,
                    expires: expires, at: Keys.now)
            }
            print(made.text)
            Output.error("key \(made.key.id) of \(operatorName); it is not shown again")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists keys, without their secrets.")

        @OptionGroup var store: StoreOptions

        @Option(help: "How to write it.")
        var format = OutputFormat.text

        func run() throws {
            let keys = try Keys.store { [store = try store.open().1] () throws(Store.Failure) in
                try store.keys()
            }
            if format == .json { return print(List.json(keys)) }
            guard !keys.isEmpty else { return print("there are no keys") }
            let rows =
                [["key", "operator", "state", "created", "expires", "models", "note"]]
                + keys.map { key in
                    [
                        key.id, key.operatorName, key.state(at: Keys.now).rawValue,
                        List.date(key.created), key.expires.map(List.date) ?? "never",
                        key.models?.joined(separator: ", ") ?? "any", key.note ?? "",
                    ]
                }
            print(Output.visible(TextTable(rows).lines))
        }

        private static func date(_ seconds: Int64) -> String {
            Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        }

        private static func json(_ keys: [StoredKey]) -> String {
            var writer = JSONWriter()
            writer.list { writer in
                for key in keys {
                    writer.object { writer in
                        writer.member("id", key.id)
                        writer.member("operator", key.operatorName)
                        writer.member("state", key.state(at: Keys.now).rawValue)
                        writer.member("created", date(key.created))
                        writer.member("expires", key.expires.map(date))
                        if let models = key.models {
                            writer.list("models") { writer in models.forEach { writer.value($0) } }
                        }
                        writer.member("note", key.note)
                    }
                }
            }
            return writer.text
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key in place of another one, which ends after a while.")

        @OptionGroup var store: StoreOptions

        @Option(
            help: ArgumentHelp(
                "How long the old key still counts: 90s, 30m, 24h (unsaid) or 7d.",
                valueName: "time"))
        var overlap = "24h"

        @Argument(help: ArgumentHelp("The old key, as `keys list` calls it.", valueName: "key"))
        var key: String

        func run() throws {
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
            guard let unit = overlap.last.flatMap({ units[$0] }),
                let count = Int64(overlap.dropLast()), (0...10_000).contains(count)
            else { throw UsageError("--overlap: write 90s, 30m, 24h or 7d") }
            let store = try store.open().1
            let made = try Keys.store { () throws(Store.Failure) in
                try store.rotateKey(key, overlapSeconds: count * unit, at: Keys.now)
            }
            guard let made else {
                throw UsageError(
                    "there is no key `\(key)` that counts; `charter keys list` lists them")
            }
            print(made.text)
            Output.error(
                "key \(made.key.id) of \(made.key.operatorName); \(key) counts for \(overlap) more")
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a key: a running gateway turns it away within a second.")

        @OptionGroup var store: StoreOptions

        @Argument(help: ArgumentHelp("The key, as `keys list` calls it.", valueName: "key"))
        var key: String

        func run() throws {
            let store = try store.open().1
            let isEnded = try Keys.store { () throws(Store.Failure) in
                try store.revokeKey(key, at: Keys.now)
            }
            guard isEnded else {
                throw UsageError("there is no key `\(key)` that is not revoked")
            }
            Output.error("key \(key) is revoked")
        }
    }
}
