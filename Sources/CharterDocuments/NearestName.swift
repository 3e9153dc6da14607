/// The nearest of some names to one that there is none of.
package enum NearestName {
    /// The most names that are compared, of those that may be near at all.
    private static let most = 500
    /// The shortest name that is recognized by its beginning.
    private static let shortest = 4

    /// `did you mean …`, where a name is near enough, or goes on or stops early;
    /// O(names × length²), bounded.
    package static func help(for name: String, among names: some Sequence<String>) -> String? {
        let wanted = Array(name.utf8.prefix(64))
        let farthest = min(max(2, wanted.count / 3), wanted.count - 1)
        var best: Candidate?
        var longer: Candidate?
        var compared = 0
        for candidate in names {
            let difference = abs(candidate.utf8.count - name.utf8.count)
            if difference <= farthest {
                compared += 1
                guard compared <= most else { break }
                let distance = distance(wanted, Array(candidate.utf8.prefix(64)))
                if distance <= farthest {
                    best = nearer(best, Candidate(distance: distance, name: candidate))
                }
            } else if min(candidate.utf8.count, name.utf8.count) >= shortest,
                candidate.hasPrefix(name) || name.hasPrefix(candidate)
            {
                longer = nearer(longer, Candidate(distance: difference, name: candidate))
            }
        }
        return (best ?? longer).map { "did you mean `\($0.name)`?" }
    }

    private struct Candidate {
        var distance: Int
        var name: String
    }

    /// Of two that are as near, the same one whatever order a dictionary gives them in.
    private static func nearer(_ best: Candidate?, _ candidate: Candidate) -> Candidate {
        guard let best else { return candidate }
        let isNearer = (candidate.distance, candidate.name) < (best.distance, best.name)
        return isNearer ? candidate : best
    }

    /// Edits of one byte, two neighbors exchanged counting once (optimal string alignment).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(
                    previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            before = previous
            previous = row
        }
        return previous[b.count]
    }
}
