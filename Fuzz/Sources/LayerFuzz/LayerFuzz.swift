import CharterDocuments
import CharterEngine
import CharterGateway
import Fuzzing

/// Any bytes may be a layer: it is read, or told what is wrong with it at a place that is there; and
/// what was read compiles, and decides the same with and without a trail.
///
/// The first byte says where the layer stands. NUL bytes set it apart from a second layer, the
/// operator above, and from two templates, `a` and `b`.
@main
struct LayerFuzz: Fuzzer {
    private let room = ReadingRoom()

    private enum Place: CaseIterable { case platform, operators, chain, user }

    func test(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let places = Place.allCases
        let parts = Array(input.dropFirst()).parts(4)
        let names = ["layer.yaml", "above.yaml", "a.yaml", "b.yaml"]
        let sources = zip(names, parts).map { SourceText(file: $0, bytes: $1) }
        func template(_ name: String) -> SourceText? {
            sources.dropFirst(2).first { $0.file == name + ".yaml" }
        }
        let above = sources.dropFirst().prefix(1)
        switch places[Int(first) % places.count] {
        case .platform: policy(sources, platform: sources[0], [], template)
        case .operators: policy(sources, platform: above.first, [sources[0]], template)
        case .chain: policy(sources, platform: nil, above + [sources[0]], template)
        case .user: user(sources, template)
        }
    }

    private func policy(
        _ sources: [SourceText], platform: SourceText?, _ operators: [SourceText],
        _ template: @escaping LayerDocument.FindTemplate
    ) {
        let reading = PolicyDocuments.read(
            room.charter, platform: platform, operators: operators, templates: template)
        checkPlaces(of: reading.diagnostics, in: sources)
        guard let documents = reading.value else {
            return check(reading.diagnostics.contains { $0.severity == .error }, "an error is told")
        }
        checkPlaces(of: documents.doubts, in: sources + [room.charter.source])
        let roles = documents.operators.last?.layer?.roles.map(\.name) ?? []
        let channels = documents.operators.last?.layer?.channels.map(\.name) ?? []
        var request = Request(user: "ada", roles: roles, channel: channels.first)
        decide(request, documents.policy)
        request.claims = [
            "age": Claim(.int(20), .verified), "card_holder": Claim(.bool(true), .vouched),
            "department": Claim(.text("archive")), "region": Claim(.garbled),
        ]
        request.at = Instant(seconds: 1_800_000_000)
        decide(request, documents.policy)
    }

    private func user(_ sources: [SourceText], _ template: @escaping LayerDocument.FindTemplate) {
        let context = LayerDocument.Context(charter: room.charter.charter, level: .user)
        let reading = LayerDocument.read(sources[0], in: context, templates: template)
        checkPlaces(of: reading.diagnostics, in: sources)
        guard let layer = reading.value else { return }
        checkPlaces(of: layer.doubts(in: room.charter.charter), in: sources)
        decide(Request(), room.enforcement.policy, layer.user)
    }

    private func decide(_ request: Request, _ policy: Policy, _ user: UserLayer? = nil) {
        let decision = required(try? policy.decide(request, user: user), "decision")
        var withTrail = required(
            try? policy.decide(request, user: user, withTrail: true), "decision with its trail")
        readJSON(DecisionWriter(policy.charter).json(withTrail, trail: true))
        withTrail.trail = []
        check(decision == withTrail, "\(decision) is \(withTrail)")
    }
}
