internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// The steps of the line that know the server, each in one place.
extension GatewayServer {
    /// The largest answer that is not streamed, in bytes.
    static let largestAnswer = ModelClient.largestAnswer

    /// The largest body of a request, in bytes.
    var bodyLimit: Int { gateway.settings.bodyLimit }

    // MARK: Before

    /// Lets a call in by its head, so that an unknown key is refused before its body is read.
    func admit(
        _ head: HTTPRequestHead, _ wire: WireProtocol, _ id: String, _ observation: Observation,
        at arrived: NIODeadline
    ) throws(APIError) -> LineCall {
        let identity = try gateway.identity(
            authorization: GatewayServer.authorization(head.headers),
            at: GatewayServer.now().seconds)
        observation.identified(identity.enforcement.operatorName)
        try checkBody(head.headers)
        return LineCall(
            server: self, observation: observation, wire: wire, id: id, identity: identity,
            head: head, arrived: arrived)
    }

    /// Refuses a body by what its head says of it: nothing is unpacked here, and its size is limited.
    func checkBody(_ fields: some FieldList) throws(APIError) {
        guard fields.single("content-encoding")?.lowercased() ?? "identity" == "identity" else {
            throw .unsupportedEncoding
        }
        let length = fields.single("content-length").flatMap { Int($0) } ?? 0
        guard length <= bodyLimit else { throw GatewayServer.tooLarge(bodyLimit) }
    }

    /// Who is asking, as far as it is known without waiting for somebody.
    enum FoundCaller {
        case known(Caller)
        /// A token is to be verified, for which keys may have to be fetched.
        case awaited(@Sendable () async throws(APIError) -> Caller)
    }

    /// What has to be found out before deciding; whatever else is to be awaited then belongs here.
    func caller(of call: LineCall) throws(APIError) -> FoundCaller {
        try caller(call.head.headers, call.identity.enforcement, GatewayServer.now())
    }

    /// The `Charter-*` fields count with an operator's key only.
    func caller(
        _ fields: some FieldList, _ enforcement: Enforcement, _ now: Instant
    ) throws(APIError) -> FoundCaller {
        guard gateway.hasOperators, fields.hasOwnFields else { return .known(Caller()) }
        guard !fields.names.contains(where: Caller.isMisspelled) else {
            throw .invalid(
                "there is no such `Charter-` field; there are "
                    + Caller.fieldNames.sorted().joined(separator: ", "), param: nil)
        }
        let caller = try Caller(fields: fields.values)
        let given = fields.values("charter-token")
        guard let token = given.first else { return .known(caller) }
        guard given.count == 1 else {
            throw .invalid("the field has more than one value", param: "charter-token")
        }
        guard let verifier = tokens.verifiers[enforcement.operatorName] else {
            throw .invalid("the operator takes no tokens", param: "charter-token")
        }
        return .awaited { () async throws(APIError) -> Caller in
            let identity: TokenIdentity
            do throws(TokenError) {
                identity = try await verifier.identity(of: token, at: now)
            } catch {
                throw APIError(error)
            }
            var caller = caller
            try caller.take(identity, known: enforcement.policy.roles)
            return caller
        }
    }

    // MARK: Deciding

    /// Comes to the verdict.
    ///
    /// - Parameter detected: what was found beside the patterns.
    func decide(
        _ body: [UInt8], _ arrival: Exchange.Arrival, _ enforcement: Enforcement,
        _ observation: Observation?, detected: DetectorFindings = DetectorFindings()
    ) throws(APIError) -> Exchange {
        try Exchange(
            body, arrival, enforcement, detected: detected,
            entering: { observation?.enters($0) },
            isTried: { rollOuts.isTried($0, enforcement.operatorName) }
        ) { user throws(APIError) in
            try userLayers?.layer(of: user, enforcement)
        }
    }

    /// Lets in what was decided, where the budgets have room, and keeps the decision.
    ///
    /// - Returns: what is to be finished when the exchange is over.
    func admit(
        _ exchange: Exchange, _ identity: Gateway.Identity, _ observation: Observation?
    ) throws(APIError) -> BudgetTicket {
        let ticket = try budgets.admit(
            operator: identity.enforcement.operatorName, key: identity.key, exchange.budgetDemand)
        decisions.keep(exchange.record)
        observation?.note(exchange)
        return ticket
    }

    // MARK: Where it goes

    /// Without operators a caller's own key is meant for the model's server.
    func passedOn(_ fields: some FieldList) -> String? {
        gateway.hasOperators ? nil : upstreams.passedOn(GatewayServer.authorization(fields))
    }

    /// Fields of a request's head that belong to its protocol.
    static func passedOnFields(_ fields: some FieldList) -> [(name: String, value: String)] {
        ["anthropic-version", "anthropic-beta", "openai-beta"].compactMap { name in
            fields.single(name).map { (name, $0) }
        }
    }

    // MARK: Words

    /// The key that a request carries, where OpenAI's clients put it or where Anthropic's do.
    static func authorization(_ fields: some FieldList) -> String? {
        fields.single("authorization") ?? fields.single("x-api-key").map { "Bearer \($0)" }
    }

    static func tooLarge(_ limit: Int) -> APIError { APIError(JSONError.tooLarge(limit)) }

    /// An error in the protocol's own form; with the policy where it was decided by.
    static func reply(
        _ error: APIError, _ wire: WireProtocol, _ id: String, _ policy: Policy?
    ) -> Exchange.Reply {
        var headers = DecisionRecord.idFields(id, wire)
        if let digest = policy?.digest {
            headers += [("charter-decision", id), ("charter-policy", "\(digest)")]
        }
        return Exchange.reply(error, wire, id: id, headers: headers)
    }

    /// 128 random bits as 32 hexadecimal digits.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let halves: [UInt64] = [generator.next(), generator.next()]
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 32) { text in
            for place in 0..<32 {
                let nibble = halves[place / 16] >> UInt64(place % 16 * 4) & 15
                text[place] = digits[Int(nibble)]
            }
            return 32
        }
    }
}
