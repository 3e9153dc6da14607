import CharterDetection
import Foundation
import Testing

/// The promise of ``StreamWatcher``, against the naive reference.
@Suite struct CutInvarianceTests {
    /// CHARTER_CUTTINGS; unsaid 2,000.
    static let cuttings =
        ProcessInfo.processInfo.environment["CHARTER_CUTTINGS"].flatMap { Int($0) } ?? 2_000

    @Test("Any cutting delivers, tells and decides what the naive search of the whole text does")
    func cuttings() throws {
        var done = 0
        var found = 0
        var violations = 0
        var seed: UInt64 = 1
        while done < Self.cuttings {
            defer { seed += 1 }
            var generator = SeededGenerator(seed: seed)
            var tried = CuttingCase(sought: CuttingCase.sought(using: &generator), pieces: [])
            guard let patterns = tried.compiled() else { continue }
            for _ in 0..<8 {
                tried.pieces = CuttingCase.pieces(using: &generator)
                let cutSeed = generator.next()
                let problem = try Self.problem(tried, patterns, cutSeed: cutSeed) { run in
                    done += 1
                    found += run.matches.count
                    if case .violation = run.outcome { violations += 1 }
                }
                if let problem {
                    Issue.record("seed \(seed): \(problem)\n\(try Self.shrunk(tried, cutSeed))")
                    return
                }
            }
        }
        print("cuttings: \(done), matches told: \(found), violations: \(violations)")
        #expect(found > done / 2)
        #expect(violations > done / 20)
        #expect(violations < done - done / 20)
    }

    /// What is wrong with how the text is found, whole and in ten cuttings; nil where nothing is.
    static func problem(
        _ tried: CuttingCase,
        _ patterns: PatternSet,
        cutSeed: UInt64,
        each: (WatchedRun) -> Void = { _ in }
    ) throws -> String? {
        var scratch = try Scratch(for: patterns)
        let bytes = tried.bytes
        let reference = ReferenceText(bytes)
        let matches = reference.matches(of: tried.sought.map(\.reference))
        let scanned = try TextScanner(patterns, for: .request)
            .matches(in: bytes.span.bytes, using: &scratch, limit: .max)
        let all = matches.map { Match(pattern: $0.pattern, end: $0.range.upperBound) }
        guard scanned == all else { return "scanned \(scanned), expected \(all)" }

        let violations = matches.filter { tried.sought[$0.pattern].violates }
        let end = violations.first?.end ?? .max
        let first = violations.filter { $0.end == end }
            .min { ($0.start, $0.pattern) < ($1.start, $1.pattern) }
        let told = Array(all.prefix(matches.prefix { $0.end <= end }.count))
        let outcome =
            first.map {
                StreamWatcher.Outcome.violation(.init(pattern: $0.pattern, range: $0.range))
            }
            ?? .finished
        let delivered = first?.range.lowerBound ?? bytes.count

        var generator = SeededGenerator(seed: cutSeed)
        for round in 0..<10 {
            let pieces = cut(bytes, round: round, using: &generator)
            let run = try WatchedRun(
                pieces,
                patterns,
                scratch: &scratch,
                violates: { tried.sought[$0].violates }
            )
            each(run)
            let how = "cut \(pieces.map(\.count)): "
            guard run.matches == told else { return how + "told \(run.matches), expected \(told)" }
            guard run.outcome == outcome else { return how + "\(run.outcome), expected \(outcome)" }
            guard run.delivered == Array(bytes[..<delivered]) else {
                return how + "delivered \(run.delivered.count) bytes, expected \(delivered)"
            }
            guard run.progress.allSatisfy({ $0 <= delivered && reference.borders.contains($0) })
            else { return how + "delivered too much, or half a scalar: \(run.progress)" }
        }
        return nil
    }

    /// Whole, in single bytes, and in random pieces, some of them empty.
    private static func cut(
        _ bytes: [UInt8],
        round: Int,
        using generator: inout SeededGenerator
    ) -> [ArraySlice<UInt8>] {
        guard round > 0 else { return [bytes[...]] }
        let longest = round == 1 ? 1 : Int.random(in: 1...12, using: &generator)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: (round == 1 ? 1 : 0)...longest, using: &generator)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    /// The failing case with everything left out that it fails without.
    private static func shrunk(_ tried: CuttingCase, _ cutSeed: UInt64) throws -> String {
        var least = tried
        func fails(_ candidate: CuttingCase) throws -> Bool {
            guard !candidate.sought.isEmpty, let patterns = candidate.compiled() else {
                return false
            }
            return try problem(candidate, patterns, cutSeed: cutSeed) != nil
        }
        for index in least.sought.indices.reversed() {
            var candidate = least
            candidate.sought.remove(at: index)
            if try fails(candidate) { least = candidate }
        }
        var size = max(least.pieces.count / 2, 1)
        while size > 0 {
            var index = 0
            while index < least.pieces.count {
                var candidate = least
                candidate.pieces.removeSubrange(
                    index..<min(index + size, candidate.pieces.count)
                )
                if try fails(candidate) { least = candidate } else { index += size }
            }
            size /= 2
        }
        let what = try least.compiled().flatMap { try problem(least, $0, cutSeed: cutSeed) }
        return """
            shrunk to \(least.sought.map { ($0.form, $0.violates) }) \
            in \(String(decoding: least.bytes, as: UTF8.self).debugDescription) \(least.bytes): \
            \(what ?? "nothing")
            """
    }
}
