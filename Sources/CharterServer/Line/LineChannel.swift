internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import Synchronization

/// How a client's connection is set up: calls of a model end in a `ConnectionHandler`, and behind it stands
/// Hummingbird's own channel for everything else.
struct LineChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let inForce: InForce
    let shares: LoopShares
    let responder: HTTPChannelHandler.Responder

    /// The most bytes of one field of a head and of all of them, and how many there may be.
    private static let mostFieldBytes = 80 << 10
    private static let mostFields = 1_000

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = LineChannel.mostFieldBytes
            limits.maxHeaderListSize = LineChannel.mostFieldBytes
            limits.maxHeaderFieldCount = LineChannel.mostFields
            let pipeline = channel.pipeline.syncOperations
            // The fields of answers are Charter's own words, or checked where they are taken over.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false,
                withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(ConnectionHandler(inForce, shares.share(of: channel.eventLoop)))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}

/// What the connections of one event loop share.
final class LoopShare {
    let pool: UpstreamPool
    var date = DateField()

    init(_ eventLoop: any EventLoop) {
        pool = UpstreamPool(eventLoop)
    }
}

/// What is shared on each event loop.
final class LoopShares: Sendable {
    private let shares = Mutex<[ObjectIdentifier: NIOLoopBound<LoopShare>]>([:])

    /// The share of a loop; called on it.
    func share(of eventLoop: any EventLoop) -> LoopShare {
        shares.withLock { shares in
            let key = ObjectIdentifier(eventLoop)
            if let share = shares[key] { return share }
            let share = NIOLoopBound(LoopShare(eventLoop), eventLoop: eventLoop)
            shares[key] = share
            return share
        }.value
    }

    /// Ends every connection that waits.
    func close() {
        for share in shares.withLock({ Array($0.values) }) {
            share.eventLoop.execute { share.value.pool.close() }
        }
    }
}
