import CVectorscan

/// The working memory of a scan (tens of kilobytes): one for each scan that runs at a time.
///
/// It holds nothing between scans, so that a pool of them serves any number of streams; a new one
/// takes about a microsecond.
///
/// `@unchecked Sendable`: the memory has this one owner, and whoever scans needs it `inout`.
public struct Scratch: ~Copyable, @unchecked Sendable {
    /// Nil where there is nothing to scan with.
    private(set) var pointer: OpaquePointer?

    /// - Throws: ``ScanError/outOfMemory``.
    public init(for patterns: PatternSet) throws(ScanError) {
        guard let model = patterns.compiled.scratch.pointer else { return }
        try Self.check(hs_clone_scratch(model, &pointer))
    }

    /// One that fits all of the databases.
    init(fitting databases: [Database]) throws(ScanError) {
        for database in databases {
            try Self.check(hs_alloc_scratch(database.pointer, &pointer))
        }
    }

    deinit { hs_free_scratch(pointer) }

    private static func check(_ code: hs_error_t) throws(ScanError) {
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
    }
}
