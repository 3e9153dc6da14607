// Fuzzing: what every fuzzer needs.
//
// In:  a type with `test`, which runs what it tests on some bytes and checks what must hold of it.
// Out: a program of libFuzzer, which finds the bytes; see Fuzz/README.md.
import Glibc

/// Tests something on any bytes.
public protocol Fuzzer {
    /// Made once: what does not depend on the bytes.
    init()

    /// Traps where something does not hold.
    func test(_ input: [UInt8])
}

extension Fuzzer {
    /// Runs libFuzzer with the arguments of the command line.
    public static func main() {
        let fuzzer = Self()
        runTest = { fuzzer.test($0) }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runLibFuzzer(&count, &arguments) { bytes, size in
                runTest(Array(UnsafeBufferPointer(start: bytes, count: size)))
                return 0
            })
    }
}

// libFuzzer runs one test at a time, on the main thread, and its callback has no context.
private nonisolated(unsafe) var runTest: ([UInt8]) -> Void = { _ in }

@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Says what does not hold, and traps, so that libFuzzer keeps the bytes.
public func check(
    _ holds: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) {
    guard !holds else { return }
    fatalError("does not hold: \(message())", file: file, line: line)
}

/// The value, which must be there.
public func required<Value>(
    _ value: Value?, _ message: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) -> Value {
    guard let value else { fatalError("there is no \(message())", file: file, line: line) }
    return value
}
