import CVectorscan

/// A compiled automaton.
///
/// `@unchecked Sendable`: Vectorscan never writes to a database once it is made ("may be shared
/// between threads", its documentation says); here it is only ever read, and freed with the last
/// reference.
final class Database: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Every match is told with its expression's `id`.
    ///
    /// - Throws: Vectorscan's words about the first expression that it does not compile.
    init(
        _ expressions: [(id: Int, expression: Expression)],
        mode: Int32,
        flags: UInt32 = 0
    ) throws(Failure) {
        var texts: [CChar] = []
        var starts: [Int] = []
        for (_, expression) in expressions {
            starts.append(texts.count)
            texts.append(contentsOf: expression.source.utf8.lazy.map { CChar(bitPattern: $0) })
            texts.append(0)
        }
        var database: OpaquePointer?
        var failure: UnsafeMutablePointer<hs_compile_error_t>?
        texts.withUnsafeBufferPointer { texts in
            _ = vectorscan_compile(
                starts.map { texts.baseAddress?.advanced(by: $0) },
                expressions.map { $0.expression.flags | flags },
                expressions.map { UInt32($0.id) },
                UInt32(expressions.count),
                UInt32(mode),
                &database,
                &failure
            )
        }
        if let message = Self.message(freeing: failure) { throw Failure(message: message) }
        guard let database else { throw Failure(message: "No memory.") }
        pointer = database
    }

    struct Failure: Error {
        var message: String
    }

    /// The bytes that ``init(serialized:)`` takes, on the same kind of machine.
    func serialized() throws(ScanError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<CChar>?
        var count = 0
        let code = hs_serialize_database(pointer, &bytes, &count)
        defer { free(bytes) }
        guard code == HS_SUCCESS, let bytes else { throw ScanError(code: code) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    init(serialized bytes: ArraySlice<UInt8>) throws(ScanError) {
        var database: OpaquePointer?
        let code = bytes.withUnsafeBytes {
            hs_deserialize_database(
                $0.assumingMemoryBound(to: CChar.self).baseAddress,
                $0.count,
                &database
            )
        }
        guard code == HS_SUCCESS, let database else { throw ScanError(code: code) }
        pointer = database
    }

    deinit { hs_free_database(pointer) }

    static func message(freeing failure: UnsafeMutablePointer<hs_compile_error_t>?) -> String? {
        guard let failure else { return nil }
        defer { hs_free_compile_error(failure) }
        return failure.pointee.message.map { String(cString: $0) } ?? "Unknown error."
    }
}
