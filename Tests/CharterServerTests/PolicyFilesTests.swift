import CharterDocuments
import CharterServer
import Foundation
import Testing

/// Documents are found by their names, beside each other and nowhere else.
@Suite("Policy files")
struct PolicyFilesTests {
    /// A folder with these files, for as long as `body` runs.
    private func withFolder(_ files: [String: String], _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "charter-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        try body(folder)
    }

    @Test("Beside the layer, in its templates, beside the charter: in this order")
    func order() throws {
        let files = [
            "op/a.yaml": "1", "op/templates/a.yaml": "2", "op/templates/b.yaml": "3",
            "b.yaml": "4", "c.yaml": "5", "templates/c.yaml": "6", "templates/d.yaml": "7",
            "charter.md": "", "op/layer.yaml": "",
        ]
        try withFolder(files) { folder in
            let found = PolicyFiles(charterPath: folder.appending(path: "charter.md").path)
            let layer = folder.appending(path: "op/layer.yaml").path
            for (name, text) in [("a", "1"), ("b", "3"), ("c", "5"), ("d", "7")] {
                let bytes = found.find(name, beside: layer)?.bytes
                #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == text, "\(name)")
            }
            #expect(found.find("customer_support", beside: layer) == nil, "the charter is another")
        }
    }

    @Test(
        "No name leads out of the folders",
        arguments: [
            "", ".", "..", "../secret", "/etc/passwd", ".hidden", "a/b",
        ])
    func escapes(name: String) throws {
        try withFolder(["secret.yaml": "", "op/layer.yaml": "", "op/.hidden.yaml": ""]) { folder in
            let files = PolicyFiles(charterPath: nil)
            #expect(files.find(name, beside: folder.appending(path: "op/layer.yaml").path) == nil)
        }
    }

    @Test("The program carries its charter, what stands beside it, and ten templates")
    func carried() throws {
        let files = PolicyFiles(charterPath: nil)
        #expect(CharterDocument.read(try files.charterSource()).value != nil)
        for kind in ["patterns", "replies", "phrases", "discord"] {
            #expect(try files.companion(kind)?.bytes.isEmpty == false, "\(kind)")
        }
        #expect(try files.companion("nothing") == nil)
        #expect(PolicyFiles.standardTemplates.count == 10)
        #expect(files.find("crisis_line", beside: "/nowhere/layer.yaml") != nil)
    }

    @Test("A chain is found by `under`, and a circle of names ends")
    func chain() throws {
        let files = [
            "a.yaml": "layer: operator\nname: a\nunder: b\n",
            "b.yaml": "layer: operator\nname: b\nunder: a\n",
            "c.yaml": "layer: operator\nname: c\nunder: gone\n",
        ]
        try withFolder(files) { folder in
            let found = PolicyFiles(charterPath: nil)
            let circle = try found.chain(endingIn: folder.appending(path: "a.yaml").path)
            #expect(circle.count <= 6)
            #expect(try found.chain(endingIn: folder.appending(path: "c.yaml").path).count == 1)
            let reading = try found.read(innermost: folder.appending(path: "a.yaml").path)
            #expect(reading.value == nil)
        }
    }
}
