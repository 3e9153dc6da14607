public import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Foundation

/// How `charter serve` is set up (`charter.yaml`, docs/gateway.md).
public struct Settings: Sendable {
    /// A model's server.
    public struct Upstream: Sendable, Hashable {
        /// What whoever runs it calls it; told to no client.
        public var name = "upstream"
        /// With its version: `http://127.0.0.1:8081/v1`.
        public var url: String
        /// Sent to the model's server alone.
        public var key: String?
        /// The role in which it takes instructions: `system` or `developer`.
        public var instructions = "system"
        /// The models that it serves; nil: any.
        public var models: Set<String>?
        /// Lower ones are asked first.
        public var order = 0
        /// Its share among those of the same order.
        public var weight = 1
        /// How long connecting may take.
        public var connectSeconds = 5
        /// How long the head of an answer may take; nil: as long as any other silence.
        public var firstTokenSeconds: Int?
        /// The longest silence of the model's server.
        public var timeoutSeconds = 300
        /// Whose protocols it speaks.
        var dialects: Set<Dialect> = [.openAI]

        /// A server at this address that speaks OpenAI's chat completions; no key, instructions as `system`.
        public init(url: String) {
            self.url = url
        }
    }

    /// Somebody who may come in.
    public struct Operator: Sendable {
        /// The name that decisions and the matrix say.
        public var name: String
        /// The file of its layer; nil: the charter as it is.
        public var layer: String?
        /// A key that requests of this operator carry; nil: those of the store alone.
        public var key: String?
        /// The path of what AuthZEN's words mean for it; nil: it answers no AuthZEN.
        public var access: String?
        /// What is let pass by the operator's leave.
        var logOnly: LogOnly?
        /// Whether a refused request gets an HTTP error in place of a refusing answer.
        var refusesWithError = false
        /// What is tried beside its layer.
        var candidate: Candidate?
        /// How its users' tokens are checked; nil: nothing of its users is verified.
        var tokens: Tokens?
        /// What it may use as a whole; nil: it is not limited.
        var budget: BudgetLimits?
        /// What each of its users may use; nil: they are not limited.
        var userBudget: BudgetLimits?
        /// What each of its keys may be used for; nil: they are not limited.
        var keyBudget: BudgetLimits?
    }

    /// Behaviors that are decided and recorded, and let pass.
    struct LogOnly: Sendable {
        /// Each with its place in the settings; nil: all that may be.
        var behaviors: [(id: BehaviorID, range: Range<Int>)]?
        /// Where the settings say it.
        var range: Range<Int>
    }

    /// What is tried beside an operator's layer.
    struct Candidate: Sendable, Equatable {
        /// Another charter.
        var charter: String?
        /// Another layer in place of the operator's.
        var layer: String?
        /// Adjustments beside the operator's own.
        var adjust: String?
        /// For how many of 10,000 users it decides; 0: for none, it is only watched.
        var share = 0
        /// What takes it back.
        var gates = RollOut.Gates()
    }

    /// Whose tokens show who a user is, and what they show.
    struct Tokens: Sendable {
        /// Where the issuer's keys are.
        enum Keys: Sendable, Hashable {
            /// A JWK set at an address.
            case url(String)
            /// A JWK set on disk.
            case file(String)
            /// A JWK set that stays as it is.
            case bytes([UInt8])
            /// Shared with the issuer.
            case secret(String)
        }

        /// What they must say.
        var rules: TokenRules
        /// What they are signed with.
        var keys: Keys
        /// Where the settings say where the keys are.
        var keysPlace = 0..<1
        /// Where the settings name each claim, for what is wrong with it.
        var claimPlaces: [(claim: Text, range: Range<Int>)] = []
        /// Keys older than this are fetched again.
        var refreshSeconds = 300
        /// Keys older than this are believed no more.
        var maxAgeSeconds = 86_400
    }

    /// How clients reach the gateway by TLS.
    public struct TLS: Sendable, Hashable {
        /// The path of the certificate, in PEM, with those between it and its root behind it.
        public var certificate: String
        /// The path of its private key, in PEM.
        public var key: String
        /// The path of the certificates, in PEM, one of which must have signed a client's; nil: clients need
        /// none.
        public var clientCA: String?
    }

    /// What they were read from; nil: made by a program.
    var source: SourceText?
    /// The file of keys and users' layers, and what it is hashed with; nil: there is none.
    public var store: (path: String, secret: String)?
    /// What is let pass by the platform's leave.
    var logOnly: LogOnly?
    /// The charter's file; nil: the standard charter that the program carries.
    public var charter: String?
    /// The path of the platform's layer; nil: there is none.
    public var platform: String?
    /// The address to listen at.
    public var host = "127.0.0.1"
    /// The port to listen at; 0: any that is free.
    public var port = 8080
    /// The address that clients know, without a slash behind it, for AuthZEN's metadata; nil: there is none.
    public var publicURL: String?
    /// The models' servers, at least one.
    public var upstreams: [Upstream]
    /// What models cost.
    var prices = ModelPrices()
    /// Empty: whoever can reach the port may come in, and speaks for nobody.
    public var operators: [Operator] = []
    /// How many decisions are kept.
    public var decisions = 1_000
    /// The largest body of a request, in bytes.
    public var bodyLimit = 8 << 20
    /// What is asked beside the patterns.
    var detection = Detection()
    /// Nil: clients speak HTTP without TLS.
    public var tls: TLS?
    /// How long answers may go on that are being given when the gateway is told to end.
    public var drainSeconds = 30
    /// How long what was in force stays so where its files are gone or wrong; then the most cautious values
    /// are.
    public var maxAgeSeconds = 86_400
    /// What those who run the gateway see of it.
    var telemetry = Telemetry()

    /// Settings that serve the standard charter, without operators, on 127.0.0.1:8080.
    public init(upstreams: [Upstream]) {
        self.upstreams = upstreams
    }

    /// The role in which models take instructions: `developer` where all their servers know it.
    var guideRole: MessageRole {
        upstreams.allSatisfy { $0.instructions == "developer" } ? .developer : .system
    }

    /// The folder of the file that they were read from, with a slash behind it; empty where there is none.
    var folder: String {
        guard let slash = source?.file.lastIndex(of: "/") else { return "" }
        return String(source?.file[...slash] ?? "")
    }

    /// Whether this is the address of a model's server.
    public static func isUpstream(_ url: String) -> Bool {
        (url.hasPrefix("http://") || url.hasPrefix("https://"))
            && URL(string: url)?.host()?.isEmpty == false
    }

    /// Sets the address, `HOST:PORT`; false where it is none.
    public mutating func listen(_ address: String) -> Bool {
        guard let address = Address(address) else { return false }
        (host, port) = (address.host, address.port)
        return true
    }

    /// Reads settings; unknown keys are errors; paths are relative to the file.
    ///
    /// - Parameters:
    ///   - environment: what `env:NAME` is looked up in.
    ///   - needsKeys: whether an API key that the environment does not have is an error; where the settings
    ///     are only looked at it is a note.
    public static func read(
        _ source: SourceText, environment: [String: String], needsKeys: Bool = true
    ) -> Reading<Settings> {
        if let bound = source.bounds(area: "settings") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var reader = SettingsReader(source, environment, needsKeys: needsKeys)
        var settings = Settings(upstreams: [])
        reader.read(into: &settings)
        reader.checkUpstreams(of: settings)
        // A line of settings may hold a key, which gets into no log.
        let diagnostics = reader.findings.diagnostics.map(\.withoutLine)
        return Reading(value: settings, diagnostics: diagnostics)
    }
}
