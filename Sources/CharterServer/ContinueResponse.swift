internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// The interim answer to a client that asks whether its body is wanted before it sends it (RFC 9110, 10.1.1).
///
/// Hummingbird has no interim answers: the bytes go past the encoder, which would take them for the answer.
enum ContinueResponse {
    private static let field = HTTPField.Name("expect")

    /// Tells the client to go on, where it waits to be told.
    static func send(for request: Request, on channel: any Channel) {
        guard let value = field.flatMap({ request.headers[$0] }),
            value.lowercased() == "100-continue"
        else { return }
        channel.eventLoop.execute {
            let encoder = try? channel.pipeline.syncOperations.context(
                handlerType: HTTPResponseEncoder.self)
            encoder?.writeAndFlush(
                NIOAny(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
    }
}
