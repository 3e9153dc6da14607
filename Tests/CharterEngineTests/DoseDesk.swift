import CharterEngine

/// What a clinic's assistant may say about doses: compiled once, asked at every request.
struct DoseDesk {
    let policy: Policy

    init?() throws {
        var dosage = Behavior(
            id: "dosage", title: "Detail about doses", kind: .dial,
            values: ["referral", "label", "exact"], authority: .operator, default: .cautious)
        dosage.delegable = [.user: dosage.top]
        guard let charter = Charter(behaviors: [dosage]) else { return nil }  // two of one id
        let more = Adjustment(
            "dosage", set: dosage.rank(of: "label"), allow: dosage.rank(of: "exact"))
        var clinic = Layer(name: "clinic")
        clinic.roles = [Layer.Role(name: "clinician", adjust: [more])]
        policy = try Policy.compile(charter, .init(operators: [clinic]))
    }

    func verdictOnExactDose(roles: [Text]) throws -> Verdict {
        let asked = Demand("dosage", value: "exact", isExplicit: true, from: .principal(.user))
        return try policy.decide(Request(roles: roles, demands: [asked])).verdict
    }
}
