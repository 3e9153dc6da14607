import CharterDocuments
import CharterEngine

/// The matrix as one self-contained page for people who do not write layers, light and dark, on
/// paper and on a phone.
///
/// Nothing in it is loaded from anywhere. The filter is a few lines of script; without them the page
/// shows everything.
struct MatrixPage {
    private let documents: PolicyDocuments
    private let request: Request
    private let groups: [Group]

    /// Behaviors of one tier under one heading of the charter.
    private struct Group {
        var tier: Tier
        var heading: CharterDocument.Section?
        var rows: [MatrixPageRow]
    }

    /// The page of a decision that was made with its trail.
    init(_ documents: PolicyDocuments, _ decision: Decision, _ request: Request) {
        self.documents = documents
        self.request = request
        let charter = documents.policy.charter
        let conditions = StatedConditions(documents)
        let sections = Dictionary(
            documents.charter.sections.compactMap { section in
                section.behavior.map { ($0, section) }
            },
            uniquingKeysWith: { first, _ in first })
        let headings = MatrixPage.headings(of: documents.charter)
        var groups: [Group] = []
        for tier in Tier.allCases {
            for index in charter.indices where charter[index].tier == tier {
                let behavior = charter[index]
                let row = MatrixPageRow(
                    behavior: behavior, decided: decision.behaviors[index.number],
                    steps: decision.trail.filter { $0.behavior == behavior.id },
                    rule: sections[behavior.id].map(documents.charter.html) ?? "",
                    policy: documents.policy,
                    request: request, conditions: conditions)
                let heading = headings[behavior.id]
                if let last = groups.last, last.tier == tier,
                    last.heading?.position == heading?.position
                {
                    groups[groups.count - 1].rows.append(row)
                } else {
                    groups.append(Group(tier: tier, heading: heading, rows: [row]))
                }
            }
        }
        self.groups = groups
    }

    /// The nearest heading above each behavior that is no behavior.
    private static func headings(
        of document: CharterDocument
    ) -> [BehaviorID: CharterDocument.Section] {
        var open: [CharterDocument.Section] = []
        var headings: [BehaviorID: CharterDocument.Section] = [:]
        for section in document.sections {
            open.removeAll { $0.level >= section.level }
            if let behavior = section.behavior {
                headings[behavior] = open.last
            } else {
                open.append(section)
            }
        }
        return headings
    }

    var html: String {
        let title = "What the model may do"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title): \(subject.html)</title>
            <style>\(MatrixPage.style)</style>
            </head>
            <body>
            \(MatrixPage.icons)
            <header>
            <h1>\(title)</h1>
            <p class="lead">\(introduction)</p>
            \(MatrixPage.legend)
            \(filter)
            </header>
            <main>
            \(Tier.allCases.map(section).filter { !$0.isEmpty }.joined(separator: "\n"))
            <p id="none" hidden>Nothing fits the filter.</p>
            </main>
            <footer>\(footer)</footer>
            <script>\(MatrixPage.script)</script>
            </body>
            </html>
            """
    }

    // MARK: Above the rows

    private var subject: String {
        let charter = documents.policy.charter
        let name = [charter.name ?? charter.file, charter.version].compactMap { $0 }
        return (name + chain.suffix(1)).joined(separator: " ")
    }

    /// The names of the layers, the platform first.
    private var chain: [String] {
        ([documents.platform].compactMap { $0 } + documents.operators)
            .compactMap { $0.layer?.name?.string }
    }

    private var introduction: String {
        let charter = documents.policy.charter
        let name = [charter.name ?? charter.file, charter.version].compactMap { $0 }
            .joined(separator: " ")
        var text = "The charter <b>\(name.html)</b>"
        if chain.isEmpty {
            text += " as it is, before any product adjusts it."
        } else {
            text += ", adjusted by <b>" + chain.map(\.html).joined(separator: "</b>, then <b>")
            text += "</b>."
            text += (documents.operators.last?.purpose).map { " <em>\($0.html).</em>" } ?? ""
        }
        return text + " This is what holds for \(circumstances)."
    }

    /// For whom, where, and with which facts.
    private var circumstances: String {
        var parts: [String] = []
        let roles = request.roles.map { "<b>\($0.string.html)</b>" }
        parts.append(
            roles.isEmpty
                ? "somebody without a role"
                : "somebody with the role\(roles.count == 1 ? "" : "s") \(roles.joined(separator: ", "))"
        )
        if let channel = request.channel {
            parts.append("in the channel <b>\(channel.string.html)</b>")
        }
        if let surface = request.surface {
            parts.append("on the surface <b>\(surface.string.html)</b>")
        }
        let claims = request.claims.sorted { $0.key < $1.key }.map { name, claim in
            "<b>\(name.string.html) \(claim.value.words.html)</b> (\(claim.evidence.name))"
        }
        parts.append(
            claims.isEmpty
                ? "of whom no fact is shown" : "with \(claims.joined(separator: ", "))")
        return parts.joined(separator: ", ")
    }

    private static let legend = """
        <ul class="legend" aria-label="How to read the values">
        <li><span class="value now">on</span> in force</li>
        <li><span class="value may">on</span> the user may choose it</li>
        <li><span class="value could">on</span> the operator or the platform may, the user may not</li>
        <li><span class="value out">on</span> nobody may</li>
        <li>Values go from the most careful to the least. <b>off</b> means that the model does not do what the
        name says, <b>on</b> that it does. Where nobody is named, the charter's default holds. A click on a name
        shows the rule, and who said what.</li>
        </ul>
        """

    private var filter: String {
        let rows = groups.flatMap(\.rows)
        func choice(_ name: String, _ value: String, _ label: String, _ count: Int) -> String {
            let isFirst = value.isEmpty ? " checked" : ""
            return "<label><input type=\"radio\" name=\"\(name)\" value=\"\(value)\"\(isFirst)>"
                + "\(label) <small>\(count)</small></label>"
        }
        let kinds = MatrixPageRow.Kind.allCases.map { kind in
            choice("kind", kind.rawValue, kind.label, rows.count { $0.kinds.contains(kind) })
        }
        let tiers = Tier.allCases.map { tier in
            choice(
                "tier", tier.rawValue, tier.rawValue.capitalizedFirst,
                rows.count { $0.behavior.tier == tier })
        }
        return """
            <form id="filter" hidden>
            <input type="search" name="text" placeholder="Find a behavior" aria-label="Find a behavior">
            <fieldset><legend>Show</legend>\(([choice("kind", "", "Everything", rows.count)] + kinds).joined())</fieldset>
            <fieldset><legend>Tier</legend>\(([choice("tier", "", "All", rows.count)] + tiers).joined())</fieldset>
            <output aria-live="polite"></output>
            </form>
            """
    }

    // MARK: The rows

    private static let explanations: [Tier: String] = [
        .safety: "Comes before everything else.",
        .ethics: "What is owed to people; only safety comes before it.",
        .guidelines: "Good defaults. Most of them are for somebody to change.",
        .helpfulness: "Being of use. The last tier, and still one: a needless refusal is a fault.",
    ]

    private func section(_ tier: Tier) -> String {
        let groups = groups.filter { $0.tier == tier }
        guard !groups.isEmpty else { return "" }
        return """
            <section data-tier="\(tier.rawValue)">
            <h2>\(tier.rawValue.capitalizedFirst)</h2>
            <p>\(MatrixPage.explanations[tier] ?? "")</p>
            <table>
            <thead><tr><th scope="col">Behavior</th><th scope="col">Values</th>\
            <th scope="col">The platform may</th><th scope="col">The operator may</th>\
            <th scope="col">The user may</th></tr></thead>
            \(groups.map(body).joined(separator: "\n"))
            </table>
            </section>
            """
    }

    private func body(_ group: Group) -> String {
        let heading = group.heading.map { section in
            let id = section.id.map { " id=\"\($0.html)\"" } ?? ""
            return "<tr class=\"group\"\(id)><th colspan=\"5\" scope=\"rowgroup\">"
                + "\(section.title.html)</th></tr>\n"
        }
        return "<tbody>\(heading ?? "")\(group.rows.map(\.html).joined(separator: "\n"))\n</tbody>"
    }

    private var footer: String {
        let sources =
            [documents.charter.source.file]
            + ([documents.platform].compactMap { $0 } + documents.operators).map(\.source.file)
        var text = "Made from " + sources.map { "<code>\($0.html)</code>" }.joined(separator: ", ")
        text += " by <code>charter matrix --html</code>."
        if let digest = documents.policy.digest { text += " Policy \(digest)." }
        return text
    }
}

extension ClaimValue {
    fileprivate var words: String {
        switch self {
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let bool): "\(bool)"
        case .text(let text): text.string
        case .garbled: "(no value)"
        }
    }
}

extension String {
    /// With what HTML would read as markup escaped, for text and attributes.
    var html: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
