/// What a streamed answer uses, from its bytes: what its events say, or else an estimate.
public struct StreamUsage: Sendable {
    private var events = ServerSentEvents()
    private var stated: Usage?
    private let request: Int
    /// Events since one has said something of usage.
    private var untold = 0
    private var isReadable = true

    private static let name = Array("\"usage\"".utf8)

    /// - Parameter request: the bytes of the request, for an estimate.
    public init(request: Int) {
        self.request = request
    }

    /// Takes the next bytes of the stream.
    public mutating func push(_ piece: some Collection<UInt8>) {
        guard isReadable else { return }
        events.push(Array(piece))
        do throws(ServerSentEvents.TooLarge) {
            while let event = try events.next() { take(event.data) }
        } catch {
            isReadable = false
        }
    }

    /// What has been used so far.
    ///
    /// A stream that ends without a word of it, as where the client goes away, counts by its events, which
    /// hold a token each with most servers: their bytes are mostly names of members.
    public var usage: Usage {
        var usage = stated ?? Usage(estimatedFrom: request, answer: 0)
        usage.outputTokens = max(usage.outputTokens, untold)
        return usage
    }

    private mutating func take(_ data: [UInt8]) {
        // Few events say anything of it, and only those are worth reading.
        guard data.contains(StreamUsage.name), let said = Usage(answer: data) else {
            untold += 1
            return
        }
        untold = 0
        if stated == nil { stated = said } else { stated?.formUnion(said) }
    }
}
