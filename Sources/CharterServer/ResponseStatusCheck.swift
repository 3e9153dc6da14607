internal import NIOCore
internal import NIOHTTP1

/// Ends a connection to the model's server whose answer has a status below 100.
///
/// AsyncHTTPClient 1.30 takes any head below 200 for an interim one, while NIO reads a body behind it
/// where it is below 100; the client then traps on that body, and with it the whole server.
final class ResponseStatusCheck: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// The status of an answer is none that HTTP knows (RFC 9110, 15).
    struct NotAStatus: Error {}

    private var hasFailed = false

    /// Adds the check to a connection of AsyncHTTPClient.
    @Sendable
    static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(
                type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(ResponseStatusCheck(), position: .after(decoder))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            hasFailed = true
            context.fireErrorCaught(NotAStatus())
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}
