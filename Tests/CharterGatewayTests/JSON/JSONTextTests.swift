import Foundation
import Testing

@testable import CharterDocuments

@Suite("Writing JSON strings")
struct JSONTextTests {
    @Test("Whatever is written is read again, by others too")
    func roundTrip() throws {
        let controls = (0...0x1F).map { Character(UnicodeScalar(UInt8($0))) }
        let texts = [
            "", "plain", "\"\\/", String(controls), "\u{7F}\u{80}\u{2028}\u{2029}\u{FEFF}\u{FFFF}",
            "é😀👩‍👩‍👧", "</script>",
        ]
        for text in texts {
            var bytes = Array("[".utf8)
            JSONText.append(text, to: &bytes)
            bytes.append(UInt8(ascii: "]"))
            #expect(try JSONDocument(bytes).root.children.map(\.string) == [text])
            #expect(try JSONDecoder().decode([String].self, from: Data(bytes)) == [text])
        }
    }

    @Test("A prefix never ends inside a character")
    func prefix() {
        let text = Array("aé😀b".utf8)[...]
        let lengths = (-1...9).map { JSONText.prefix(text, $0).count }
        #expect(lengths == [0, 0, 1, 1, 3, 3, 3, 3, 7, 8, 8])
    }
}
