/// Stands in for swift-crypto's: the parts take a digest of documents and never look at it again, so
/// that the fuzzers need not build all of BoringSSL. It is no SHA-256 (it is FNV-1a, four times).
public struct SHA256 {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    /// A digest of nothing yet.
    public init() {}

    /// Takes the next bytes.
    public mutating func update(data: some Sequence<UInt8>) {
        for byte in data { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }

    /// The digest of all bytes.
    public func finalize() -> SHA256Digest {
        (0..<32).map { UInt8(truncatingIfNeeded: state >> (UInt64($0 % 8) * 8)) }
    }

    /// The digest of bytes that are all there.
    public static func hash(data: some Sequence<UInt8>) -> SHA256Digest {
        var hash = SHA256()
        hash.update(data: data)
        return hash.finalize()
    }
}

/// What stands for a digest.
public typealias SHA256Digest = [UInt8]
