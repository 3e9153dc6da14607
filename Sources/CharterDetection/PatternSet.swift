/// Patterns, compiled: one automaton for requests, one for answers.
///
/// Immutable, and shared by all that scan.
/// Compiling takes about a millisecond a pattern. What it makes can be kept
/// (``serialized()``, ``init(_:serialized:)``) and is read back in a few milliseconds.
public struct PatternSet: Sendable {
    /// The two kinds of text, each with its own automaton.
    public enum Text: Sendable, CaseIterable {
        case request
        case answer
    }

    /// The longest match that a pattern may have, in normalized UTF-8 bytes: so much of an answer
    /// is held back at most, as far as it is not invisible.
    public static let longestWidth = 4_096

    /// In the caller's order; a ``Match`` names them by index.
    public let patterns: [Pattern]
    let compiled: Compiled

    final class Compiled: Sendable {
        let request: Automaton
        let answer: Automaton
        /// What every ``Scratch`` is a copy of.
        let scratch: Scratch
        /// Copies that wait for a scan.
        let pool = ScratchPool()

        init(request: Automaton, answer: Automaton) throws(Database.Failure) {
            self.request = request
            self.answer = answer
            do throws(ScanError) {
                scratch = try Scratch(
                    fitting: [request.ends, request.starts, answer.ends, answer.starts]
                        .compactMap(\.self)
                )
            } catch {
                throw Database.Failure(message: "No memory.")
            }
        }
    }

    /// The longest match of the patterns for answers, in normalized UTF-8 bytes.
    public var longestAnswerMatch: Int { compiled.answer.longest }

    func automaton(for text: Text) -> Automaton {
        switch text {
        case .request: compiled.request
        case .answer: compiled.answer
        }
    }

    /// Compiles the patterns; none is fine and finds nothing.
    ///
    /// - Parameter isLinewise: whether `^` and `$` stand for the ends of lines, too.
    /// - Throws: All problems that there are, not the first only. (Those that only compiling shows,
    ///   such as a regex that is too large, come when there are no others.)
    public init(_ patterns: [Pattern], isLinewise: Bool = false) throws(PatternProblems) {
        let (expressions, problems) = Self.measure(patterns, isLinewise)
        guard problems.isEmpty else { throw PatternProblems(problems) }
        do throws(Database.Failure) {
            let answers = Self.members(of: patterns, for: .answer)
            let requests = Self.members(of: patterns, for: .request)
            let answer = try Automaton(compiling: answers, of: expressions, for: .answer)
            let request =
                requests == answers
                ? answer : try Automaton(compiling: requests, of: expressions, for: .request)
            compiled = try Compiled(request: request, answer: answer)
            self.patterns = patterns
        } catch {
            throw Self.problems(of: expressions, in: patterns, after: error)
        }
    }

    /// What is wrong with the patterns, as far as it can be told without compiling.
    public static func problems(in patterns: [Pattern]) -> [PatternProblem] {
        measure(patterns, false).problems
    }

    private static func measure(
        _ patterns: [Pattern], _ isLinewise: Bool
    ) -> (expressions: [Expression], problems: [PatternProblem]) {
        var problems: [PatternProblem] = []
        let expressions = patterns.enumerated().map { index, pattern in
            var expression = Expression(pattern, isLinewise: isLinewise)
            do throws(PatternProblem.Kind) {
                try expression.measure(pattern.form)
            } catch {
                problems.append(PatternProblem(pattern: index, kind: error))
            }
            return expression
        }
        return (expressions, problems)
    }

    /// All expressions that Vectorscan does not compile, since the set names the first only.
    private static func problems(
        of expressions: [Expression],
        in patterns: [Pattern],
        after failure: Database.Failure
    ) -> PatternProblems {
        var problems: [PatternProblem] = []
        for index in expressions.indices {
            let text: Text = patterns[index].place == .request ? .request : .answer
            do throws(Database.Failure) {
                _ = try Automaton(compiling: [index], of: expressions, for: text)
            } catch {
                problems.append(.init(pattern: index, kind: .invalid(message: error.message)))
            }
        }
        if problems.isEmpty {
            problems.append(.init(pattern: nil, kind: .invalid(message: failure.message)))
        }
        return PatternProblems(problems)
    }

    static func members(of patterns: [Pattern], for text: Text) -> [Int] {
        let place: Pattern.Place =
            switch text {
            case .request: .request
            case .answer: .answer
            }
        return patterns.indices.filter { [place, .both].contains(patterns[$0].place) }
    }
}
