internal import Synchronization

/// Memory to scan with, kept for the next scan: there is as much of it as scans have ever run at a time.
final class ScratchPool: Sendable {
    /// `@unchecked Sendable`: who takes one out of the pool is the only one to have it until it is put back.
    final class Lent: @unchecked Sendable {
        var scratch: Scratch

        init(_ scratch: consuming Scratch) {
            self.scratch = scratch
        }
    }

    private let waiting = Mutex<[Lent]>([])

    func take() -> Lent? { waiting.withLock { $0.popLast() } }

    func put(_ lent: Lent) { waiting.withLock { $0.append(lent) } }
}

extension PatternSet {
    /// Does something with memory to scan with, which is lent for as long.
    ///
    /// - Throws: ``ScanError/outOfMemory``, or what is thrown inside.
    public func withScratch<Value>(
        _ body: (inout Scratch) throws(ScanError) -> Value
    ) throws(ScanError) -> Value {
        let lent: ScratchPool.Lent
        if let waiting = compiled.pool.take() {
            lent = waiting
        } else {
            lent = ScratchPool.Lent(try Scratch(for: self))
        }
        defer { compiled.pool.put(lent) }
        return try body(&lent.scratch)
    }
}
