public import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Foundation

/// How `charter serve` is set up (`charter.yaml`, docs/gateway.md).
public struct Settings: Sendable {
    /// A model's server that speaks OpenAI's chat completions.
    public struct Upstream: Sendable {
        /// With its version: `http://127.0.0.1:8081/v1`.
        public var url: String
        /// Sent to the model's server alone.
        public var key: String?
        /// The role in which it takes instructions: `system` or `developer`.
        public var instructions: String
        /// The longest silence of the model's server.
        public var timeoutSeconds: Int

        /// A server at this address; unsaid: no key, instructions as `system`, 300 s.
        public init(
            url: String, key: String? = nil, instructions: String = "system",
            timeoutSeconds: Int = 300
        ) {
            self.url = url
            self.key = key
            self.instructions = instructions
            self.timeoutSeconds = timeoutSeconds
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
        /// How its users' tokens are checked; nil: nothing of its users is verified.
        var tokens: Tokens?
    }

    /// Whose tokens show who a user is, and what they show.
    struct Tokens: Sendable {
        /// Where the issuer's keys are.
        enum Keys: Sendable {
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

    /// What they were read from; nil: made by a program.
    var source: SourceText?
    /// The file of keys and users' layers, and what it is hashed with; nil: there is none.
    public var store: (path: String, secret: String)?
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
    /// The model's server.
    public var upstream: Upstream
    /// Empty: whoever can reach the port may come in, and speaks for nobody.
    public var operators: [Operator] = []
    /// How many decisions are kept.
    public var decisions = 1_000
    /// The largest body of a request, in bytes.
    public var bodyLimit = 8 << 20
    /// What those who run the gateway see of it.
    var telemetry = Telemetry()

    /// Settings that serve the standard charter, without operators, on 127.0.0.1:8080.
    public init(upstream: Upstream) {
        self.upstream = upstream
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
        let settings = reader.read()
        // A line of settings may hold a key, which gets into no log.
        let diagnostics = reader.findings.diagnostics.map(\.withoutLine)
        return Reading(value: settings, diagnostics: diagnostics)
    }
}
