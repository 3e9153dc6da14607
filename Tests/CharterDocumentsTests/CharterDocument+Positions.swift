import CharterDocuments
import CharterEngine
import Testing

extension CharterDocument {
    /// Slices the source at the place of everything that was read, and compares.
    func expectPositionsToHold() {
        for section in sections {
            let heading = slice(section.span)
            #expect(heading.contains(section.title.prefix { $0.isLetter }))
            if let id = section.id { #expect(heading.contains("{#\(id)")) }
            for link in section.links {
                switch link.target {
                case .examples(let tag): #expect(slice(link.span) == "[^\(tag)]")
                case .section(let id): #expect(slice(link.span) == "#\(id)")
                }
            }
            for example in section.examples { expectPositionsToHold(example) }
        }
    }

    private func expectPositionsToHold(_ example: Example) {
        if let caption = example.caption {
            #expect(slice(example.span).hasPrefix("**Example**: \(caption)"))
        }
        for turn in example.turns {
            switch turn {
            case .message(let message): expectPositionsToHold(message)
            case .passage(let passage): #expect(slice(passage.span) == passage.text)
            case .comparison(let comparison):
                #expect(slice(comparison.span).hasPrefix("<comparison>"))
                #expect(slice(comparison.span).hasSuffix("</comparison>"))
                for answer in comparison.answers {
                    let text = slice(answer.span)
                    #expect(text.hasPrefix("<assistant") && text.hasSuffix("</assistant>"))
                    if let grade = answer.grade { #expect(text.contains("<!-- \(grade.rawValue)")) }
                    if let remark = answer.remark { #expect(text.contains(remark)) }
                    for message in answer.messages { expectPositionsToHold(message) }
                }
            }
        }
    }

    private func expectPositionsToHold(_ message: Example.Message) {
        #expect(slice(message.span).hasPrefix("<\(message.role.rawValue)"))
        #expect(slice(message.span).hasSuffix("</\(message.role.rawValue)>"))
        #expect(slice(message.textSpan) == message.text)
        for element in message.elements {
            #expect(slice(element.span).hasPrefix("<\(element.name)>"))
            #expect(slice(element.span).contains(element.text))
        }
    }

    /// The text from a span's line and column on, as long as its range: the two must agree.
    private func slice(_ span: SourceSpan) -> String {
        let start = source.line(span.position.line).startIndex + span.position.column - 1
        #expect(start == span.range.lowerBound)
        return source.text(start..<(start + span.range.count))
    }
}
