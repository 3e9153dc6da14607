import Foundation
import Testing

/// What the command says to people, and its exit codes: 0 fine, 1 findings, 2 usage or input, 3
/// environment.
@Suite("The command")
struct CommandTests {
    /// A command line, how it ends, and what it says.
    struct Case: CustomTestStringConvertible, Sendable {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { "charter " + arguments.joined(separator: " ") }

        init(_ line: String, _ status: Int32, _ says: String) {
            arguments = line.split(separator: " ").map(String.init)
            self.status = status
            self.says = says
        }
    }

    static let clinic = "--operator Charters/operators/clinic.yaml"

    static let cases = [
        Case("--version", 0, "."),
        Case("check Charters/standard.md Charters/operators/clinic.yaml", 0, "no errors"),
        Case("test Charters/operators/clinic.test.yaml", 0, "passed"),
        Case(
            "decide \(clinic) --role patient --demand dosage_detail=exact", 0,
            "unmet: dosage_detail exact is demanded, and label is in force"
        ),
        Case(
            "decide \(clinic) --role clinician --demand dosage_detail=exact", 0,
            "met by asking: dosage_detail exact"
        ),
        Case(
            "explain \(clinic) --role clinician dosage_detail", 0,
            "in force: ranges, decided by the operator; the user may set up to exact"
        ),
        Case("explain erotica", 0, "(not shown: age)"),
        Case("explain honesty", 0, "hardcoded, nobody may change it"),
        Case("decide --demand erotica", 0, "verdict: refuse"),

        Case("prompt compile \(clinic) --role patient --budget 5", 2, "say more"),
        Case("prompt extract README.md --reader ftp://x", 2, "--reader: write an address"),
        Case("prompt extract README.md --reader http://u:p@127.0.0.1/v1", 2, "READER_KEY"),
        Case("prompt extract README.md --reader-model m", 2, "goes with --reader"),
        Case("prompt extract README.md --reader http://127.0.0.1:9/v1", 3, "127.0.0.1:9"),
        Case("explain --reader http://127.0.0.1:9/v1 erotica", 2, "--messages FILE"),
        Case(
            "token check --config nowhere.yaml --operator a README.md", 2, "there is no such file"),
        Case(
            "token check --config Charters/charter.yaml --operator clinic README.md", 2,
            "have no `tokens`"),
        Case("probe http://charter.example.com", 2, "--i-own-this"),
        Case("probe http://127.0.0.1:9", 3, "cannot be reached"),
        Case("keys list --config Charters/charter.yaml", 2, "there is no `store`"),

        Case("bogus", 2, "Unexpected argument"),
        Case("check", 2, "Missing expected argument"),
        Case("check nowhere.md", 2, "nowhere.md: there is no such file"),
        Case("check Charters", 2, "documents are `.md` or `.yaml`"),
        Case("check Charters/standard.md --format xml", 2, "'xml' is invalid"),
        Case(
            "decide --charter Charters/operators/clinic.yaml", 2, "a charter is a Markdown document"
        ),
        Case("decide dosage", 2, "the charter has no behavior `dosage`"),
        Case("decide --demand dosagedetail", 2, "did you mean `dosage_detail`?"),
        Case("decide --demand dosage_detail=huge", 2, "its values are `referral`"),
        Case("decide --claim agee=34", 2, "did you mean `age`?"),
        Case("decide --claim age=old", 2, "`age` is a whole number"),
        Case("decide --claim age", 2, "NAME=VALUE"),
        Case("decide --at tomorrow", 2, "RFC 3339"),
        Case("decide --request nowhere.json", 2, "there is no such file"),
        Case("decide --request Charters/standard.md", 2, "request.syntax"),
        Case("matrix --operator nowhere.yaml", 2, "there is no such file"),
        Case("matrix --html --format json", 2, "exclude each other"),
        Case("test Charters/standard.md", 2, "tests are `.test.yaml`, vectors `.jsonl`"),
        Case("test --junit /nowhere/x.xml Charters/standard.test.yaml", 3, "cannot be written"),
        Case("explain --messages chat.json erotica", 2, "name none beside it"),
        Case("explain --messages nowhere.json", 2, "nowhere.json: there is no such file"),
        Case("discord import nowhere.json", 2, "nowhere.json: there is no such file"),
        Case("discord import Charters", 2, "Charters: this is no file that can be read"),
        Case("prompt extract nowhere.txt", 2, "nowhere.txt: there is no such file"),
        Case("serve", 2, "say --config FILE, or --upstream URL"),
        Case("serve --upstream localhost:8081", 2, "--upstream: write an address"),
        Case(
            "serve --upstream http://127.0.0.1:1/v1 --listen nowhere", 2,
            "--listen: write HOST:PORT"),
        Case("serve --config nowhere.yaml", 2, "there is no such file"),
    ]

    @Test("says what is the matter, and ends as documented", arguments: cases)
    func says(_ each: Case) async throws {
        let ended = try await Self.charter(each.arguments)
        #expect(ended.status == each.status, "\(ended.output)")
        // Words may be wrapped.
        let words = ended.output.split { $0.isWhitespace }.joined(separator: " ")
        #expect(words.contains(each.says), "\(ended.output)")
    }

    @Test(
        "explains each command without running it",
        arguments: [
            "check", "matrix", "decide", "explain", "test", "serve", "init", "inherit", "view-as",
            "status",
        ])
    func help(command: String) async throws {
        let ended = try await Self.charter([command, "--help"])
        #expect(ended.status == 0)
        #expect(ended.output.contains("USAGE: charter \(command)"))
        let longest = ended.output.split(separator: "\n").map(\.count).max() ?? 0
        #expect(longest <= 80, "a terminal has 80 columns")
    }

    @Test("does not call a layer right whose upper layer is wrong")
    func upperLayer() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "layer: operator\nname: group\nadjust: {profanities: mild}\n"
            .write(to: folder.appending(path: "group.yaml"), atomically: true, encoding: .utf8)
        try "layer: operator\nname: shop\nunder: group\nadjust: {profanity: mild}\n"
            .write(to: folder.appending(path: "shop.yaml"), atomically: true, encoding: .utf8)
        let ended = try await Self.charter(["check", folder.appending(path: "shop.yaml").path])
        #expect(ended.status == 1, "\(ended.output)")
        #expect(ended.output.contains("group.yaml:3:10"), "\(ended.output)")
        #expect(ended.output.contains("did you mean `profanity`?"))
    }

    @Test("writes a page that needs nothing from anywhere, and holds every behavior")
    func page() async throws {
        let page = try await Self.charter(
            ["matrix", "--operator", "Charters/operators/community.yaml", "--html"]
        )
        #expect(page.status == 0)
        #expect(page.output.hasPrefix("<!doctype html>"))
        for forbidden in ["<link", "src=", "url(", "@import"] {
            #expect(!page.output.contains(forbidden), "\(forbidden) loads something")
        }
        let matrix = try await Self.charter(["matrix", "--format", "json"])
        let rows = try JSONDecoder().decode([Row].self, from: Data(matrix.output.utf8))
        #expect(rows.count > 50)
        for row in rows {
            #expect(page.output.contains("<code>\(row.behavior)</code>"), "\(row.behavior)")
        }
    }

    @Test("escapes what documents say, so that a page runs nothing of theirs")
    func escaping() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let evil = "<script>evil()</script>"
        try """
        # \(evil) {#top}
        ## One \(evil) {#one authority=user default=off}
        Rule \(evil) [link](javascript:evil()) ![x](https://example.com/x.png)
        """
        .write(to: folder.appending(path: "evil.md"), atomically: true, encoding: .utf8)
        try """
        layer: operator
        name: "\(evil)"
        purpose: "\(evil)"
        adjust: {one: {set: on, reason: "\(evil)", owner: "\(evil)"}}
        """
        .write(to: folder.appending(path: "evil.yaml"), atomically: true, encoding: .utf8)
        let page = try await Self.charter([
            "matrix", "--html", "--charter", folder.appending(path: "evil.md").path,
            "--operator", folder.appending(path: "evil.yaml").path,
        ])
        #expect(page.status == 0, "\(page.output)")
        #expect(!page.output.contains("<script>evil"))
        #expect(!page.output.contains("\"javascript:"))
        #expect(page.output.contains("&lt;script&gt;evil()&lt;/script&gt;"))
        #expect(page.output.contains("default-src 'none'"), "images are not loaded either")
        let inherited = try await Self.charter([
            "inherit", "--html", "--charter", folder.appending(path: "evil.md").path,
            folder.appending(path: "evil.yaml").path,
        ])
        #expect(inherited.status == 0, "\(inherited.output)")
        #expect(!inherited.output.contains("<script"))
        #expect(inherited.output.contains("&lt;script&gt;evil()&lt;/script&gt;"))
    }

    @Test("lets nothing that a document or an argument says act on the terminal")
    func terminal() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (charter, layer) = (folder.appending(path: "c.md"), folder.appending(path: "o.yaml"))
        try "# Top\n\n## One \u{1B}[2J {#one authority=user default=off}\n\nRule.\n"
            .write(to: charter, atomically: true, encoding: .utf8)
        try #"""
        layer: operator
        name: "o\e[2J\u202E"
        adjust: {one: {set: on, reason: "r\e]8;;x\a\n  in force: off", owner: "w\e[1A"}}
        """#
        .write(to: layer, atomically: true, encoding: .utf8)
        for command in ["explain", "decide", "matrix"] {
            let ended = try await Self.charter([
                command, "--charter", charter.path, "--operator", layer.path, "--role", "z\u{1B}[m",
            ])
            #expect(ended.status == 0, "\(ended.output)")
            let unseen = ended.output.unicodeScalars.filter {
                ($0.value < 0x20 && $0 != "\n") || $0 == "\u{202E}"
            }
            #expect(unseen.isEmpty, "\(command): \(ended.output.debugDescription)")
            let forged = ended.output.split(separator: "\n").filter { $0 == "  in force: off" }
            #expect(forged.isEmpty, "\(ended.output)")
        }
    }

    @Test(
        "says how well a claim is shown, and how well it has to be",
        arguments: [
            ("profession=nurse", "safe_messaging", "(asserted; vouched is needed)"),
            ("identity_checked=true:vouched", "personal_records", "(vouched; verified is needed)"),
        ])
    func evidence(claim: String, behavior: String, says: String) async throws {
        let ended = try await Self.charter([
            "explain", "--operator", "Charters/operators/clinic.yaml", "--role", "clinician",
            "--claim", claim, behavior,
        ])
        #expect(ended.status == 0 && ended.output.contains(says), "\(ended.output)")
    }

    @Test("begins a layer whose tests pass, and overwrites nothing")
    func begins() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let start = ["init", "my_shop", "--directory", folder.path]
        let ended = try await Self.charter(
            start + ["--template", "customer_support", "--purpose", "Tom's tools"])
        #expect(ended.status == 0, "\(ended.output)")
        #expect(ended.output.contains("customer_support.yaml:"))
        let files = ["my_shop.yaml", "my_shop.test.yaml"].map { folder.appending(path: $0).path }
        #expect(try await Self.charter(["check"] + files).status == 0)
        #expect(try await Self.charter(["test", files[1]]).status == 0)
        #expect(try await Self.charter(start).status == 2, "there is such a file")
        let unknown = try await Self.charter([
            "init", "b", "--directory", folder.path, "--template", "customer",
        ])
        #expect(unknown.status == 2 && unknown.output.contains("did you mean `customer_support`?"))
    }

    @Test(
        "says at which line of a file a case is wrong, and refuses a prompt that it would cut",
        arguments: [
            (["test"], "\n\nno vector\n", 1, ":3: this line is no vector"),
            (["discord", "check"], "\n\nno case\n", 1, ":3: this line is no case"),
            (
                ["prompt", "extract"], "a\n", 1_100_000,
                "a document has at most 2097152 bytes"
            ),
        ])
    func file(command: [String], text: String, times: Int, says: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID()).jsonl")
        try String(repeating: text, count: times).write(
            to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let ended = try await Self.charter(command + [file.path])
        #expect(ended.status == 2 && ended.output.contains(says), "\(ended.output)")
    }

    @Test(
        "never says a key, whatever is wrong with the settings that hold it",
        arguments: [
            "upstream: {url: 'http://127.0.0.1:1/v1', key: SK-SECRET, tiemout: 3}",
            "upstream: {url: 'http://127.0.0.1:1/v1', key: env:sk-SECRET}",
            "upstream: {url: 'http://127.0.0.1:1/v1', key: [SK-SECRET]}",
            "upstream: {url: 'ftp://user:SECRET@127.0.0.1/v1'}",
            "upstream: {url: 'http://127.0.0.1:1/v1', key: \"x\\ySECRET\"}",
            "openai_key: SECRET",
            "upstream: {url: 'http://127.0.0.1:1/v1'}\noperators: [{name: a, key: SECRET, layr: x}]",
        ])
    func settings(text: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID()).yaml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let ended = try await Self.charter(["serve", "--config", file.path])
        #expect(ended.status == 2, "\(ended.output)")
        #expect(ended.output.contains("settings."), "\(ended.output)")
        #expect(!ended.output.contains("SECRET"), "\(ended.output)")
    }

    private struct Row: Decodable {
        let behavior: String
    }

    private static func charter(_ arguments: [String]) async throws -> Child.Ended {
        try await Child.run([House.path(".build/debug/charter")] + arguments, seconds: 60)
    }
}
