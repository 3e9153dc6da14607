internal import CharterAnalysis
internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine

/// The steps of the line from a body to a decision.
extension Exchange {
    static func read(
        _ body: [UInt8], _ wire: WireProtocol, _ limits: JSONLimits
    ) throws(APIError) -> any ModelRequest {
        switch wire {
        case .chatCompletions: try ChatRequest(body: body, limits: limits)
        case .completions: try CompletionsRequest(body: body, limits: limits)
        case .responses: try ResponsesRequest(body: body, limits: limits)
        case .messages: try MessagesRequest(body: body, limits: limits)
        case .moderations: try NumbersRequest(body: body, limits: limits, needsModel: false)
        case .embeddings, .countTokens:
            try NumbersRequest(body: body, limits: limits, needsModel: true)
        }
    }

    static func detect(
        _ request: any ModelRequest, _ enforcement: Enforcement, _ detected: DetectorFindings
    ) throws(APIError) -> [Demand] {
        do {
            return try DemandDetector(enforcement)
                .demands(in: request.texts, beside: detected.demands)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    static func redaction(
        of request: any ModelRequest, _ wire: WireProtocol, _ limits: JSONLimits,
        _ decision: Decision, _ judge: AnswerJudge, _ detected: DetectorFindings
    ) -> RequestRedaction? {
        RequestRedaction(of: request, decision, judge) { body throws(APIError) in
            try read(body, wire, limits)
        } look: { request throws(APIError) in
            try detect(request, judge.enforcement, detected) + detected.assumed
        }
    }

    static func messages(
        _ request: any ModelRequest, _ wire: WireProtocol
    ) throws(APIError) -> MessageList {
        var root = request.document.root
        if let request = request as? CompletionsRequest {
            do { root = try JSONDocument(request.conversation.bytes).root } catch {
                throw APIError(error)
            }
        }
        do throws(MessageList.Malformed) {
            // Beside the messages, a chat completion has nothing that instructs.
            return try MessageList(wire == .chatCompletions ? root["messages"] ?? root : root)
        } catch {
            throw .invalid(error.message, param: error.place)
        }
    }

    static func instructions(
        _ messages: MessageList, _ question: Request, _ user: UserLayer?,
        _ enforcement: Enforcement
    ) throws(APIError) -> [Instruction] {
        guard let phrases = enforcement.phrases, !phrases.phrases.isEmpty else { return [] }
        do {
            let reader = RememberedReader(phrases, enforcement.readSentences)
            return try ConversationInstructions.instructions(
                in: messages, reader, enforcement.policy, question, user: user)
        } catch let error as RequestError {
            throw unknownChannel(error)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    static func decide(
        _ question: Request, _ user: UserLayer?, _ rows: PolicyRows
    ) throws(APIError) -> Decision {
        do {
            return try rows.decide(question, user: user)
        } catch {
            throw unknownChannel(error)
        }
    }

    /// Decides with duties that are assumed to be owed, unless that would weaken the act: that nobody could
    /// look is no reason to let more pass.
    static func decide(
        _ question: inout Request, _ user: UserLayer?, _ rows: PolicyRows, assuming duties: [Demand]
    ) throws(APIError) -> Decision {
        let decision = try decide(question, user, rows)
        guard !duties.isEmpty else { return decision }
        var careful = question
        careful.demands += duties
        let owed = try decide(careful, user, rows)
        guard owed.verdict.act >= decision.verdict.act else { return decision }
        question = careful
        return owed
    }

    static func unknownChannel(_ error: RequestError) -> APIError {
        .invalid("the operator has no such channel", param: "charter-channel", code: error.rawValue)
    }
}
