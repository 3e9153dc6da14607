public import CharterDocuments
internal import CharterEngine

extension JudgePrompt {
    /// How much of an answer is read.
    public static let answerLimits = JSONLimits(bytes: 1 << 18, depth: 4, values: 2_000)

    /// Reads what the model answered: the content of its message.
    ///
    /// Strictly: an answer that lacks a behavior or a member, or has one more, or names a value that
    /// there is none of, or quotes what nobody wrote, is no answer at all. What a text said is a
    /// detection for each text that has the quotation: whoever said it called for it.
    ///
    /// - Throws: `outOfSchema`.
    /// - Complexity: O(quotations × bytes of the texts).
    public func detections(in content: [UInt8]) throws(DetectorFailure) -> [Detection] {
        guard let root = (try? JSONDocument(content, limits: JudgePrompt.answerLimits))?.root,
            root.kind == .object
        else { throw .outOfSchema }
        var verdicts: [ArraySlice<UInt8>: JSONValue] = [:]
        for verdict in root.children { verdicts[verdict.key] = verdict }
        guard verdicts.count == behaviors.count else { throw .outOfSchema }
        var detections: [Detection] = []
        for behavior in behaviors {
            guard let verdict = verdicts[Array(behavior.id.text.string.utf8)[...]],
                let isExercised = verdict["exercised"]?.boolean
            else { throw .outOfSchema }
            let members = verdict.children.reduce(0) { count, _ in count + 1 }
            guard isExercised else {
                guard members == 1 else { throw .outOfSchema }
                continue
            }
            guard members == 4, let isAsked = verdict["asked"]?.boolean,
                let value = verdict["value"]?.string.map({ Text($0) }),
                JudgePrompt.values(of: behavior).contains(value),
                let quotation = verdict["quotation"]?.text, !quotation.isEmpty,
                quotation.count <= JudgePrompt.mostQuotation
            else { throw .outOfSchema }
            let isDuty = behavior.kind == .duty
            let found = places(of: quotation).map { text, span in
                Detection(
                    behavior.id, value: isDuty ? nil : value, isAsked: isAsked && !isDuty,
                    isTriggered: isDuty, text: text, span: span)
            }
            guard !found.isEmpty else { throw .outOfSchema }
            detections += found
        }
        return detections
    }

    /// Each text that has the quotation; of an answer's judgment only what stands in the answer.
    private func places(of quotation: ArraySlice<UInt8>) -> [(text: Int, span: Range<Int>)] {
        let isAnswer = texts.contains { $0.place == .answer }
        return zip(texts, 0...).compactMap { text, number in
            guard !isAnswer || text.place == .answer,
                let range = text.bytes.firstRange(of: quotation)
            else { return nil }
            let start = text.bytes.startIndex
            return (number, (range.lowerBound - start)..<(range.upperBound - start))
        }
    }
}
