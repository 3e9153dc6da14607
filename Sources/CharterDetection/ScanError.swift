/// Why a text could not be scanned; nothing of the text is in it.
public enum ScanError: Error, Sendable, Hashable {
    /// The scratch was made for another ``PatternSet``.
    case foreignScratch
    /// Vectorscan had no memory.
    case outOfMemory
    /// Any other of Vectorscan's error codes (`hs_common.h`).
    case vectorscan(code: Int32)

    init(code: Int32) {
        self =
            switch code {
            case -1: .foreignScratch
            case -2: .outOfMemory
            default: .vectorscan(code: code)
            }
    }
}
