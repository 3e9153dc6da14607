public import CharterDetection
internal import CharterDocuments
public import CharterEngine

/// What detectors beside the patterns found in a request, and what they could not look for.
public struct DetectorFindings: Sendable {
    /// What was found.
    let demands: [Demand]
    /// What stands for the behaviors that nobody could look for and that count as exercised: the highest
    /// value, not asked for, from the user.
    let assumed: [Demand]
    /// As `assumed`, for duties: they count as triggered.
    let assumedDuties: [Demand]
    /// What nobody could look for.
    let undetermined: [DetectionRun.Undetermined]
    /// What became of each detector.
    let reports: [DetectorReport]

    /// Nobody was asked.
    public init() {
        (demands, assumed, assumedDuties, undetermined, reports) = ([], [], [], [], [])
    }

    /// What a run has come to so far.
    public init(_ run: DetectionRun, in texts: [DetectedText], _ charter: Charter) {
        var seen: Set<Demand> = []
        demands = run.found.map { Demand($0, in: texts) }.filter { seen.insert($0).inserted }
        undetermined = run.undetermined
        reports = run.reports
        var closed: Set<BehaviorID> = []
        let assumed = undetermined.filter { $0.isClosed && closed.insert($0.behavior).inserted }
            .map { entry in
                let isDuty = charter[entry.behavior]?.kind == .duty
                return Demand(
                    entry.behavior, isTriggered: isDuty, from: .principal(.user))
            }
        self.assumed = assumed.filter { !$0.isTriggered }
        assumedDuties = assumed.filter(\.isTriggered)
    }

    /// What runs over several texts have come to.
    init(merging findings: [DetectorFindings]) {
        demands = findings.flatMap(\.demands)
        assumed = findings.flatMap(\.assumed)
        assumedDuties = findings.flatMap(\.assumedDuties)
        undetermined = findings.flatMap(\.undetermined)
        reports = findings.flatMap(\.reports)
    }

    /// Writes `detectors` and `undetermined`, where anybody was asked; no text is in it.
    func write(to writer: inout JSONWriter) {
        guard !reports.isEmpty else { return }
        writer.list("detectors") { writer in
            for report in reports { DetectorFindings.write(report, to: &writer) }
        }
        writer.list("undetermined") { writer in
            for entry in undetermined {
                writer.object { writer in
                    writer.member("behavior", entry.behavior.text.string)
                    writer.member("detector", entry.detector)
                    writer.member("failure", entry.failure.rawValue)
                    writer.member("closed", entry.isClosed)
                }
            }
        }
    }

    /// Writes `undetermined`: the behaviors that count as exercised because nobody could look, for the user.
    func writeClosed(to writer: inout JSONWriter) {
        let closed = assumed + assumedDuties
        guard !closed.isEmpty else { return }
        writer.list("undetermined") { writer in
            for demand in closed { writer.value(demand.behavior.text.string) }
        }
    }

    private static func write(_ report: DetectorReport, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("detector", report.detector)
            writer.list("behaviors") { writer in
                for id in report.behaviors { writer.value(id.text.string) }
            }
            writer.list("found") { writer in
                for detection in report.found {
                    writer.object { writer in
                        writer.member("behavior", detection.behavior.text.string)
                        writer.member("value", detection.value?.string)
                        writer.member("asked", detection.isAsked)
                        writer.member("triggered", detection.isTriggered)
                        writer.member("text", detection.text)
                        if let span = detection.span {
                            writer.list("span") { writer in
                                writer.raw("\(span.lowerBound)")
                                writer.raw("\(span.upperBound)")
                            }
                        }
                        if let score = detection.score {
                            writer.key("score")
                            writer.raw("\(score)")
                        }
                    }
                }
            }
            writer.member("failure", report.failure?.rawValue)
            let (seconds, attoseconds) = report.duration.components
            writer.member(
                "microseconds", Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
        }
    }
}
