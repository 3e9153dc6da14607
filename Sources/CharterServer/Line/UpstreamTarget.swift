internal import CharterGateway
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// A model's server that a request may be sent to.
struct UpstreamTarget: Sendable {
    /// Where it listens: what connections are shared by.
    struct Address: Hashable, Sendable {
        let host: String
        let port: Int
        let isSecure: Bool
    }

    let address: Address
    /// How connections are secured; nil where they are not to be, or cannot be.
    let security: NIOSSLContext?
    /// Whose protocols it speaks.
    let dialects: Set<Dialect>
    /// The longest that it may be silent, and before its answer begins.
    let silence, firstSilence: TimeAmount
    /// How long a connection may take to come about.
    let connectTimeout: TimeAmount
    /// What it is called in metrics: `host:port`, without anything else that an address may hold.
    let name: String
    /// What stands before a call's own path: `/v1`.
    private let path: String
    private let key: String?
    /// The fields of every request.
    private let fields: HTTPHeaders

    /// The server of the settings.
    init(_ settings: Settings.Upstream) {
        let url = URL(string: settings.url)
        let isSecure = url?.scheme?.lowercased() == "https"
        let host = url?.host(percentEncoded: false) ?? ""
        let port = url?.port ?? (isSecure ? 443 : 80)
        address = Address(host: host, port: port, isSecure: isSecure)
        security = isSecure ? try? NIOSSLContext(configuration: .clientDefault) : nil
        dialects = settings.dialects
        silence = .seconds(Int64(settings.timeoutSeconds))
        firstSilence = .seconds(Int64(settings.firstTokenSeconds ?? settings.timeoutSeconds))
        connectTimeout = .seconds(Int64(settings.connectSeconds))
        path = url?.path(percentEncoded: true) ?? ""
        key = settings.key.flatMap { $0.isFieldValue ? $0 : nil }
        let named = host.contains(":") ? "[\(host)]" : host
        name = url?.port.map { "\(named):\($0)" } ?? named
        fields = [
            "host": name, "content-type": "application/json",
            // What is compressed could not be looked at.
            "accept-encoding": "identity",
        ]
    }

    /// The head of a request.
    ///
    /// - Parameters:
    ///   - authorization: the caller's own, which is passed on where the settings name no key.
    ///   - more: fields of the caller's that belong to its protocol.
    func head(
        _ call: Exchange.Call, authorization: String?, more: [(name: String, value: String)]
    ) -> HTTPRequestHead {
        var fields = fields
        // What is no value of a field is left out: the server then says what it lacks.
        let passedOn = authorization.flatMap { $0.isFieldValue ? $0 : nil }
        if let authorization = key.map({ "Bearer \($0)" }) ?? passedOn {
            if dialects.contains(.openAI) {
                fields.add(name: "authorization", value: authorization)
            }
            if dialects.contains(.anthropic) {
                fields.add(
                    name: "x-api-key", value: String(authorization.dropFirst("Bearer ".count)))
            }
        }
        for (name, value) in more where value.isFieldValue {
            fields.add(name: name, value: value)
        }
        if dialects == [.anthropic], !fields.contains(name: "anthropic-version") {
            fields.add(name: "anthropic-version", value: "2023-06-01")
        }
        fields.add(name: "content-length", value: String(call.body.count))
        return HTTPRequestHead(
            version: .http1_1, method: .POST, uri: path + call.path, headers: fields)
    }
}

extension String {
    /// Whether it can stand as the value of a field: nothing in it ends a line (RFC 9110, 5.5).
    var isFieldValue: Bool {
        utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
}
