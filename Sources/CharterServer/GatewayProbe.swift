internal import AsyncHTTPClient
public import CharterAnalysis
internal import CharterDocuments
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Tries at a running gateway to move what is hardcoded, and to get more than a key's ceilings.
public struct GatewayProbe: Sendable {
    private let url: String
    private let key: String?
    private let model: String?
    private let mostRequests: Int

    /// What a probe came to.
    public struct Report: Sendable {
        /// The operator that the key is of.
        public var operatorName: String
        /// What it tried to move.
        public var targets: [ProbeTarget]
        /// How many attempts were made, and how many there are.
        public var attempts = 0, ofAttempts = 0
        /// How many requests that took.
        public var requests = 0
        /// How many attempts were not even understood.
        public var rejected = 0
        /// How many attempts came to nothing because the gateway failed.
        public var failed = 0
        /// What moved.
        public var findings: [ProbeFinding] = []
    }

    /// Why nothing was tried.
    public struct Failure: Error, Sendable {
        /// One sentence without a full stop.
        public let message: String
    }

    /// - Parameters:
    ///   - url: of the gateway, without a path: `http://127.0.0.1:8080`.
    ///   - key: an operator's; nil where none is needed.
    ///   - model: what is asked for; nil: the first that the gateway lists.
    ///   - mostRequests: after as many it ends.
    public init(url: String, key: String?, model: String?, mostRequests: Int) {
        self.url = url
        self.key = key
        self.model = model
        self.mostRequests = mostRequests
    }

    /// Whether an address is this machine's own.
    public static func isLoopback(_ url: String) -> Bool {
        guard let host = URL(string: url)?.host()?.lowercased() else { return false }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
            .map { UInt8($0) }
        return host == "localhost" || host == "::1" || host == "[::1]"
            || numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
    }

    /// Makes the attempts, one after the other.
    ///
    /// - Parameter progress: is told how many attempts have been made, and of how many.
    public func run(progress: (Int, Int) -> Void = { _, _ in }) async throws(Failure) -> Report {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = .seconds(60)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusCheck.add
        let client = HTTPClient(configuration: configuration)
        do {
            let report = try await run(client, progress)
            try? await client.shutdown()
            return report
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func run(
        _ client: HTTPClient, _ progress: (Int, Int) -> Void
    ) async throws(Failure) -> Report {
        let matrix = try await matrix(client)
        let targets = ProbeTarget.targets(inMatrix: matrix)
        var report = Report(
            operatorName: matrix["operator"]?.string ?? "", targets: targets, requests: 1)
        let name = try await modelName(client, &report)
        let attempts = ProbeAttempts(targets, model: name).all
        report.ofAttempts = attempts.count
        var calls: [ProbeAttempt] = []
        // An attempt takes two requests at most, and the last one is for the matrix.
        for attempt in attempts where report.requests + 3 <= mostRequests {
            await make(attempt, client, &report)
            if attempt.outcome == .matrix { calls.append(attempt) }
            report.attempts += 1
            progress(report.attempts, attempts.count)
        }
        guard report.failed < max(1, report.attempts) else {
            throw Failure(message: "it answers no attempt")
        }
        report.requests += 1
        let after = try await self.matrix(client)
        if let last = calls.last {
            report.findings += ProbeFinding.findings(in: after, targets, last)
        }
        return report
    }

    private func make(
        _ attempt: ProbeAttempt, _ client: HTTPClient, _ report: inout Report
    ) async {
        report.requests += 1
        guard
            let answer = try? await send(
                client, attempt.method, attempt.path, attempt.fields, attempt.body)
        else {
            report.failed += 1
            return
        }
        // Not understood is not obeyed.
        if (400..<500).contains(answer.status) { report.rejected += 1 }
        var root: JSONValue?
        switch attempt.outcome {
        case .matrix: return
        case .answer: root = answer.status == 200 ? answer.root : nil
        case .decision:
            guard let id = answer.decision else {
                if answer.status < 400 {
                    report.findings += ProbeFinding.unaccounted(report.targets, attempt)
                } else if answer.status >= 500 {
                    report.failed += 1
                }
                return
            }
            report.requests += 1
            let kept = try? await send(client, "GET", "/charter/v1/decisions/\(id)", [], nil)
            root = kept?.status == 200 ? kept?.root : nil
            // What was not understood has come to no decision.
            if root == nil, answer.status >= 400 { return }
        }
        guard let root else {
            if answer.status < 400 || answer.status >= 500 { report.failed += 1 }
            return
        }
        report.findings += ProbeFinding.findings(in: root, report.targets, attempt)
    }

    private func matrix(_ client: HTTPClient) async throws(Failure) -> JSONValue {
        let answer: Answer
        do { answer = try await send(client, "GET", "/charter/v1/matrix", [], nil) } catch {
            throw Failure(message: "it cannot be reached")
        }
        guard answer.status == 200, let root = answer.root else {
            let hint = answer.status == 401 ? ": --key says an operator's key" : ""
            throw Failure(
                message: "GET /charter/v1/matrix answers \(answer.status)\(hint)")
        }
        return root
    }

    private func modelName(
        _ client: HTTPClient, _ report: inout Report
    ) async throws(Failure) -> String {
        if let model { return model }
        report.requests += 1
        let answer = try? await send(client, "GET", "/v1/models", [], nil)
        var models = answer?.root?["data"]?.children
        return models?.next()?["id"]?.string ?? "any"
    }

    private struct Answer {
        var status: Int
        var decision: String?
        var root: JSONValue?
    }

    private func send(
        _ client: HTTPClient, _ method: String, _ path: String,
        _ fields: [(name: String, value: String)], _ body: [UInt8]?
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key)") }
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await client.execute(request, deadline: .now() + .seconds(60))
        let bytes = Array(try await response.body.collect(upTo: 32 << 20).readableBytesView)
        // It goes into a path: what is no id is none.
        let id = response.headers.first(name: "charter-decision")
        let isID = id.map { id in
            (1...64).contains(id.utf8.count)
                && id.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        }
        return Answer(
            status: Int(response.status.code), decision: isID == true ? id : nil,
            root: (try? JSONDocument(bytes))?.root)
    }
}
