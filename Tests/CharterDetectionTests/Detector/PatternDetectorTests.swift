import CharterDetection
import CharterEngine
import Testing

/// Patterns are a detector like any other.
@Suite("Pattern detector")
struct PatternDetectorTests {
    @Test("It tells each pattern once a text, by its place, and only what it is asked for")
    func detections() async throws {
        let detector = PatternDetector(
            try PatternSet([
                Pattern(behavior: "poison", place: .both, form: .literal("arsenic"), asked: true),
                Pattern(behavior: "gore", place: .answer, form: .literal("blood"), value: "shown"),
            ]))
        var texts = SmallCharter.texts("arsenic, blood, arsenic", "blood", "ars\\u0065nic")
        texts[1].place = .answer
        let all = try await detector.detect(texts, for: ["poison", "gore"], within: .zero)
        #expect(
            all == [
                Detection("poison", isAsked: true, text: 0),
                Detection("gore", value: "shown", text: 1),
            ])
        texts[2].isJSON = true
        let some = try await detector.detect(texts, for: ["poison"], within: .zero)
        #expect(some.map(\.text) == [0, 2])
        #expect(detector.cost < .service && detector.behaviors == ["poison", "gore"])
    }
}
