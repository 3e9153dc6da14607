extension PatternSet {
    /// Why serialized automata are not used: they are made anew then.
    public enum Unusable: Error, Sendable, Hashable {
        /// Not what ``serialized()`` wrote, or not all of it.
        case damaged
        /// Made from other patterns.
        case otherPatterns
        /// Made by another Vectorscan, or on another kind of processor; or no memory.
        case unloadable(ScanError)
    }

    /// What ``init(_:serialized:)`` takes, so that the same patterns need not be compiled again.
    public func serialized() throws(ScanError) -> [UInt8] {
        var writer = Writer()
        writer.write(Self.magic)
        writer.write(UInt32(patterns.count))
        for (pattern, expression) in zip(patterns, compiled.request.expressions) {
            writer.write(Array(pattern.place.rawValue.utf8))
            writer.write(Array(expression.source.utf8))
            writer.write(expression.flags)
            writer.write(UInt32(expression.widths.lowerBound))
            writer.write(UInt32(expression.widths.upperBound))
            writer.write(expression.looksAhead ? 1 : 0)
        }
        let areOne = compiled.request === compiled.answer
        for automaton in areOne ? [compiled.answer] : [compiled.answer, compiled.request] {
            writer.write(try automaton.ends?.serialized() ?? [])
            writer.write(try automaton.starts?.serialized() ?? [])
        }
        return writer.bytes
    }

    /// Loads what ``serialized()`` wrote for these patterns: a few milliseconds instead of about
    /// one for each pattern.
    ///
    /// Damage is noticed (each automaton has a checksum), malice is not: keep the bytes where
    /// nobody else can write.
    public init(
        _ patterns: [Pattern], serialized bytes: [UInt8], isLinewise: Bool = false
    ) throws(Unusable) {
        var reader = Reader(rest: bytes[...])
        guard try reader.bytes() == Self.magic[...] else { throw .damaged }
        guard try reader.number() == patterns.count else { throw .otherPatterns }
        var expressions: [Expression] = []
        for pattern in patterns {
            var expression = Expression(pattern, isLinewise: isLinewise)
            let place = try reader.bytes()
            let source = try reader.bytes()
            let flags = try reader.number()
            guard place.elementsEqual(pattern.place.rawValue.utf8),
                source.elementsEqual(expression.source.utf8), flags == expression.flags
            else { throw .otherPatterns }
            let shortest = Int(try reader.number())
            let longest = Int(try reader.number())
            guard shortest > 0, shortest <= longest, longest <= Self.longestWidth else {
                throw .damaged
            }
            expression.widths = shortest...longest
            expression.looksAhead = try reader.number() != 0
            expressions.append(expression)
        }
        let answers = Self.members(of: patterns, for: .answer)
        let requests = Self.members(of: patterns, for: .request)
        let answer = try reader.automaton(of: answers, expressions, for: .answer)
        let request =
            requests == answers
            ? answer : try reader.automaton(of: requests, expressions, for: .request)
        guard reader.rest.isEmpty else { throw .damaged }
        guard let compiled = try? Compiled(request: request, answer: answer) else {
            throw .unloadable(.outOfMemory)
        }
        self.patterns = patterns
        self.compiled = compiled
    }

    /// Its number is another one whenever what is kept means something else: 2 since automata are
    /// compiled for AVX2 where there is that.
    private static let magic = Array("charter patterns 2\n".utf8)

    /// Numbers of four bytes, low byte first; byte strings with their length before them.
    private struct Writer {
        var bytes: [UInt8] = []

        mutating func write(_ number: UInt32) {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }

        mutating func write(_ string: [UInt8]) {
            write(UInt32(string.count))
            bytes += string
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func number() throws(Unusable) -> UInt32 {
            guard rest.count >= 4 else { throw .damaged }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }

        mutating func bytes() throws(Unusable) -> ArraySlice<UInt8> {
            let count = Int(try number())
            guard rest.count >= count else { throw .damaged }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func automaton(
            of members: [Int],
            _ expressions: [Expression],
            for text: Text
        ) throws(Unusable) -> Automaton {
            let ends = try database()
            let starts = try database()
            let varies = members.contains { Automaton.needsStarts(expressions[$0], for: text) }
            guard (ends == nil) == members.isEmpty, (starts == nil) == !varies else {
                throw .damaged
            }
            return Automaton(
                members: members,
                expressions: expressions,
                ends: ends,
                starts: starts
            )
        }

        private mutating func database() throws(Unusable) -> Database? {
            let bytes = try bytes()
            guard !bytes.isEmpty else { return nil }
            do throws(ScanError) {
                return try Database(serialized: bytes)
            } catch {
                throw .unloadable(error)
            }
        }
    }
}
