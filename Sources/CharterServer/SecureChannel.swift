internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// HTTP/1.1 or HTTP/2 over TLS, whichever the client takes.
///
/// Hummingbird's channel as it is, but for two things: who does not come to terms with TLS is not waited for;
/// and where a connection of HTTP/2 is to end with its last stream, Hummingbird 2.28 closes it when the last
/// frame is written and before it is sent, so that the client takes a whole answer for one that was cut off.
struct SecureChannel: ServerChildChannel {
    private let base: HTTP2UpgradeChannel

    init(
        _ tls: TLSConfiguration, _ configuration: HTTP2UpgradeChannel.Configuration,
        responder: @escaping HTTPChannelHandler.Responder
    ) throws {
        base = try HTTP2UpgradeChannel(
            tlsConfiguration: tls, configuration: configuration, responder: responder)
    }

    func setup(
        channel: any Channel, logger: Logger
    ) -> EventLoopFuture<HTTP2UpgradeChannel.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let tls = try pipeline.context(handlerType: NIOSSLServerHandler.self).handler
            try pipeline.addHandler(SecureConnectionHandler(), position: .after(tls))
            return value
        }
    }

    func handle(value: HTTP2UpgradeChannel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// Sends what was written before a connection is closed, and closes one whose client does not come to terms
/// with TLS: until then nothing else watches it.
private final class SecureConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private var deadline: Scheduled<Void>?

    private static let handshakeTimeout = TimeAmount.seconds(10)

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.channel.eventLoop.scheduleTask(
            in: SecureConnectionHandler.handshakeTimeout
        ) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { deadline?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        context.flush()
        context.close(mode: mode, promise: promise)
    }
}
