import CharterDocuments
import CharterEngine
import Fuzzing

/// Any bytes may be a charter: it is read, or told what is wrong with it at a place that is there;
/// and what was read can be decided with, shown and doubted.
@main
struct CharterFuzz: Fuzzer {
    func test(_ input: [UInt8]) {
        let source = SourceText(file: "charter.md", bytes: input)
        let reading = CharterDocument.read(source)
        checkPlaces(of: reading.diagnostics, in: [source])
        let hasErrors = reading.diagnostics.contains { $0.severity == .error }
        check((reading.value == nil) == hasErrors, "a charter without errors is read")
        let again = CharterDocument.read(source)
        check(again.diagnostics == reading.diagnostics, "reading again says the same")
        guard let charter = reading.value else { return }
        look(at: charter)
        decide(charter)
    }

    private func look(at charter: CharterDocument) {
        let counts = charter.counts
        check(counts.behaviors <= counts.sections, "every behavior is a section")
        for section in charter.sections {
            _ = charter.html(of: section)
            for range in [section.span.range] + section.links.map(\.span.range) {
                check(range.upperBound <= charter.source.bytes.count, "\(range) is there")
            }
        }
        for behavior in charter.charter.behaviors {
            check(behavior.id.isWellFormed, "\(behavior.id) is an id")
            check((2...8).contains(behavior.values.count), "\(behavior.id) is a dial")
            check(behavior.default <= behavior.top, "\(behavior.id) has its default")
        }
        checkPlaces(of: charter.doubts, in: [charter.source])
    }

    private func decide(_ charter: CharterDocument) {
        let reading = PolicyDocuments.read(charter)
        let policy = required(reading.value, "policy: \(reading.diagnostics)").policy
        let decision = required(
            try? policy.decide(Request(), withTrail: true), "decision of an empty request")
        readJSON(DecisionWriter(charter.charter).json(decision, trail: true))
        readJSON(PolicyMatrix(policy, decision).json)
    }
}
