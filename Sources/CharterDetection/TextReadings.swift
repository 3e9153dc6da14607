internal import Crypto
internal import Synchronization

/// What was read out of texts, so that one that comes again is not read again: a system prompt, and what
/// was said before, come with every request of a conversation.
///
/// A text is known by its SHA-256, and is not kept itself. What is read has to depend on the text alone, and
/// on what never changes as long as these readings are used; then nothing but time tells whether a text was
/// read before.
public final class TextReadings<Reading: Sendable>: Sendable {
    /// Two generations: where the younger one is full the older one is forgotten, but for what was asked
    /// for since.
    private struct State {
        var young: [SHA256Digest: Reading] = [:]
        var old: [SHA256Digest: Reading] = [:]

        mutating func reading(of digest: SHA256Digest, _ capacity: Int) -> Reading? {
            if let known = young[digest] { return known }
            guard let known = old[digest] else { return nil }
            keep(known, of: digest, capacity)
            return known
        }

        mutating func keep(_ reading: Reading, of digest: SHA256Digest, _ capacity: Int) {
            if young.count >= capacity {
                old = young
                young = [:]
            }
            young[digest] = reading
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// Below this a text is read about as quickly as it is looked up, in bytes.
    private static var shortest: Int { 48 }

    /// - Parameter capacity: how many are kept, about, and twice as many at most.
    public init(capacity: Int = 2_048) {
        self.capacity = max(1, capacity)
    }

    /// What a text says: read now, or before; O(the text) either way.
    public func reading<Failure: Error>(
        of text: ArraySlice<UInt8>, _ read: () throws(Failure) -> Reading
    ) throws(Failure) -> Reading {
        guard text.count >= Self.shortest else { return try read() }
        let digest = text.withUnsafeBytes { SHA256.hash(data: $0) }
        if let known = state.withLock({ $0.reading(of: digest, capacity) }) { return known }
        let reading = try read()
        state.withLock { $0.keep(reading, of: digest, capacity) }
        return reading
    }
}
