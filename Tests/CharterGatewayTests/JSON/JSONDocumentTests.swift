import Foundation
import Testing

@testable import CharterDocuments

@Suite("JSON documents")
struct JSONDocumentTests {
    private func read(_ text: String) throws -> JSONValue {
        try JSONDocument(Array(text.utf8)).root
    }

    private func error(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONDocument(bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test("Every value is found in order, with its own bytes")
    func order() throws {
        let root = try read(#" { "b" : [1, -2.5e3 ,"x" ] , "a":{ "c" :null},"t":true } "#)
        #expect(root.kind == .object)
        #expect(root.children.map { String(decoding: $0.key, as: UTF8.self) } == ["b", "a", "t"])
        #expect(
            root.children.map { String(decoding: $0.raw, as: UTF8.self) }
                == [#"[1, -2.5e3 ,"x" ]"#, #"{ "c" :null}"#, "true"]
        )
        #expect(root["b"]?.children.map(\.kind) == [.number, .number, .string])
        #expect(root["a"]?["c"]?.isNull == true)
        #expect(root.present("missing") == nil)
    }

    @Test("Strings and keys lose their escapes")
    func escapes() throws {
        let root = try read(#"{"k\u00e9y\n": "\"\\\/\b\f\n\r\t\u0041\ud83d\ude00é\u0000"}"#)
        let member = try #require(root.children.first { _ in true })
        #expect(String(decoding: member.key, as: UTF8.self) == "kéy\n")
        #expect(member.string == "\"\\/\u{8}\u{c}\n\r\tA😀é\0")
    }

    @Test("Numbers stay as they are written, however large")
    func numbers() throws {
        let root = try read("[9007199254740993, 123456789012345678901234567890, 1e400, -0, 7]")
        #expect(
            root.children.map { String(decoding: $0.raw, as: UTF8.self) }
                == ["9007199254740993", "123456789012345678901234567890", "1e400", "-0", "7"]
        )
        #expect(root.children.map(\.integer) == [9_007_199_254_740_993, nil, nil, 0, 7])
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "1", "\"x\"", "null", "{", "[", "]", "}", "[1,]", "[,1]", "[1 2]", "[1}", "{]",
            "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, "{a:1}",
            "{'a':1}", "[tru]", "[truex]", "[nul]", "[NaN]", "[Infinity]", "[01]", "[1.]", "[.5]",
            "[+1]", "[1e]", "[1e+]", "[--1]", "[0x1]", "[-]", "[1a]", #"["a"b]"#, #"["a" "b"]"#,
            #"["\x"]"#, #"["\u12"]"#, #"["\u12G4"]"#, #"["\ud800"]"#, #"["\ud800\u0041"]"#,
            #"["\udc00"]"#, "[\"\u{1}\"]", "[\"a\nb\"]", #"["a"#, "{}{}", "[] []", "{} x", "[1]]",
            #"{"a":{"b":1}"#, "[1:2]", "[[]", "/*x*/[]", "[]//", "\u{FEFF}[]", "[1,\u{A0}2]",
        ]
    )
    func malformed(_ text: String) throws {
        guard case .malformed = error(Array(text.utf8)) else {
            Issue.record("read: \(text)")
            return
        }
    }

    @Test(
        "What is not UTF-8 is refused",
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]]
    )
    func notUTF8(_ bytes: [UInt8]) {
        #expect(error(Array("[\"".utf8) + bytes + Array("\"]".utf8)) == .notUTF8)
    }

    @Test(
        "A key that stands twice in one object is refused, wherever it is and however it is written",
        arguments: [
            (#"{"a":1,"a":2}"#, 7), (#"{"x":{"y":[{"é":1,"b":2,"é":3}]}}"#, 25),
            (#"{"a":1,"\u0061":2}"#, 7), (#"{"":1,"":2}"#, 6),
        ]
    )
    func duplicates(_ text: String, _ offset: Int) {
        #expect(error(Array(text.utf8)) == .duplicateKey(offset: offset))
    }

    @Test("A key that stands twice among many is found, and many different ones are not slow")
    func manyKeys() {
        let members = (0..<100_000).map { "\"key number \($0)\":1" }
        let limits = JSONLimits(bytes: 10_000_000, values: 200_000)
        #expect(error(Array("{\(members.joined(separator: ","))}".utf8), limits) == nil)
        let twice = members + ["\"key number 77\":2"]
        let found = error(Array("{\(twice.joined(separator: ","))}".utf8), limits)
        #expect(found == .duplicateKey(offset: 0))
    }

    @Test("The same key in different objects is no duplicate")
    func sameKeyElsewhere() throws {
        #expect(try read(#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}"#)["b"]?.kind == .list)
    }

    @Test("Depth, size and number of values are bounded")
    func limits() {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8
            )
        }
        #expect(error(nested(64)) == nil)
        #expect(error(nested(65)) == .tooDeep(64))
        #expect(error(nested(10_000)) == .tooDeep(64))
        #expect(error(nested(1_000_000)) == .tooDeep(64))
        #expect(error(Array(#"{"a":[{"b":1}]}"#.utf8), JSONLimits(depth: 2)) == .tooDeep(2))
        #expect(error(Array("[1,2,3]".utf8), JSONLimits(values: 3)) == .tooManyValues(3))
        #expect(error(Array("[1,2]".utf8), JSONLimits(values: 3)) == nil)
        #expect(error(Array("[1,2]".utf8), JSONLimits(bytes: 4)) == .tooLarge(4))
    }

    @Test("Errors hold nothing of the text")
    func errorsAreSilent() {
        let message = "\(error(Array(#"{"secret":1,"secret":2}"#.utf8)) ?? .notUTF8)"
        #expect(message == "the JSON names a key twice in one object, at byte 12")
    }

    @Test("Another reader takes the same for JSON, and sees the same in it", arguments: 0..<20)
    func agreesWithFoundation(batch: Int) throws {
        let tokens = [
            "{", "}", "[", "]", ":", ",", "\"", "\\", " ", "\n", "true", "1", "-", ".", "e", "a",
            "\t",
        ]
        for seed in batch * 100..<(batch + 1) * 100 {
            var random = Random(seed: seed)
            var bytes = Array(
                #"{"a":[1,2.5e-3,{"b":null}],"c":"x\n\u00e9\ud83d\ude00é","d":[true,false,-0]}"#
                    .utf8
            )
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                if random.below(2) == 0 {
                    bytes.remove(at: place)
                } else {
                    bytes.insert(contentsOf: tokens[random.below(tokens.count)].utf8, at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let theirs = try? JSONSerialization.jsonObject(with: Data(bytes))
            do throws(JSONError) {
                let ours = try JSONDocument(bytes).root
                #expect(theirs.map { isSame(ours, $0) } == true, "seed \(seed): \(text)")
            } catch {
                // Theirs knows no duplicate keys, and lets a comma stand before a bracket.
                if case .duplicateKey = error { continue }
                let isComma = text.contains(/,\s*[\]}]/)
                #expect(theirs == nil || isComma, "seed \(seed): \(text)")
            }
        }
    }

    private func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours.kind {
        case .object:
            guard let theirs = theirs as? [String: Any] else { return false }
            let members = Array(ours.children)
            return members.count == theirs.count
                && members.allSatisfy { member in
                    theirs[String(decoding: member.key, as: UTF8.self)].map { isSame(member, $0) }
                        ?? false
                }
        case .list:
            guard let theirs = theirs as? [Any] else { return false }
            let elements = Array(ours.children)
            return elements.count == theirs.count && zip(elements, theirs).allSatisfy(isSame)
        case .string: return ours.string == theirs as? String
        case .boolean: return ours.boolean == theirs as? Bool
        case .null: return theirs is NSNull
        case .number:
            let number = Double(String(decoding: ours.raw, as: UTF8.self))
            return number == (theirs as? NSNumber)?.doubleValue
        }
    }
}
