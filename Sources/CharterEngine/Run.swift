/// A rank as the run of low bits up to it: rank v is the bits 0 to v, none is 0.
///
/// Then the lower of two is `&`, the higher `|`, "just below" a shift, and runs compare as numbers:
/// the arithmetic of the fold is byte-wise logic.
typealias Run = UInt8

extension Rank {
    @inline(__always)
    init(run: Run) {
        self.init(unchecked: Int8(truncatingIfNeeded: 7 - run.leadingZeroBitCount))
    }

    @inline(__always)
    var run: Run { Run(truncatingIfNeeded: (1 << (Int(number) + 1)) - 1) }
}
