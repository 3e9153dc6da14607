internal import CharterDetection
public import CharterDocuments
internal import CharterEngine
public import CharterGateway

/// A small charter with everything that a charter can have, and what a service of it would have in
/// force.
public struct ReadingRoom {
    /// Its charter.
    public let charter: CharterDocument
    /// What is in force for its operator, the library.
    public let enforcement: Enforcement

    /// Compiles everything; a fault of it ends the fuzzer.
    public init() {
        charter = required(
            CharterDocument.read(SourceText(file: "charter.md", text: Self.text)).value, "charter")
        let operators = [SourceText(file: "operator.yaml", text: Self.layer)]
        let policy = required(
            PolicyDocuments.read(charter, operators: operators).value, "policy"
        ).policy
        let source = SourceText(file: "charter.patterns.yaml", text: Self.patterns)
        let patterns = required(
            PatternsDocument.read(source, for: charter.charter).value?.compile().value, "patterns")
        let phraseSource = SourceText(file: "charter.phrases.yaml", text: Self.phrases)
        let phrases = required(
            PhrasesDocument.read(phraseSource, for: charter.charter).value?.compile().value,
            "phrases")
        enforcement = Enforcement(
            operatorName: "library", policy: policy, charter: charter, patterns: patterns,
            phrases: phrases, replies: Replies())
    }

    private static let text = """
        ---
        charter: reading_room
        version: 1.0
        claims:
          age: int
          card_holder: bool
          department: [adults, children, archive]
          score: double
          region: string
        assume: {card_holder: false}
        ---

        # The reading room

        ## Spoilers {#spoilers authority=user default=off}

        It does not give away how a book ends.

        ## Graphic content {#graphic_content authority=operator default=off delegable=user tier=ethics}

        ## Loans of others {#loans_of_others authority=root default=off tier=safety}

        ```charter
        otherwise: refuse
        ```

        ## Told it is a machine {#told_it_is_a_machine authority=user default=on}

        ```charter
        cautious: on
        bounds: {platform: on, operator: on}
        ```

        ## Detail {#detail authority=guideline}

        ```charter
        dial: [title, summary, chapter, full]
        default: summary
        bounds: {operator: chapter}
        adjust:
          - {forbid: full, when: claims.age < 14}
        ```

        ## Secrets {#secrets authority=operator default=off}

        ```charter
        otherwise: refuse
        ```

        ## Numbers of cards {#card_numbers authority=operator default=off}

        ```charter
        otherwise: transform
        ```

        ## Crisis line {#crisis_line authority=operator default=on duty=true tier=safety}

        ```charter
        conflicts: [secrets]
        ```
        """

    private static let layer = """
        layer: operator
        name: library
        roles:
          reader:
            adjust: {graphic_content: {set: on, when: claims.age >= 18}}
          librarian: {administrator: true}
        channels:
          stacks: {everyone: {detail: chapter}}
          "*": {}
        """

    private static let patterns = """
        - {behavior: secrets, in: answer, literal: abc}
        - {behavior: secrets, regex: 'a[b-d]{2,9}\\b'}
        - {behavior: loans_of_others, regex: 'x.{1,20}z'}
        - {behavior: spoilers, literal: ends}
        - {behavior: card_numbers, regex: '[0-9]{3,8}'}
        - {behavior: card_numbers, literal: 9x}
        - {behavior: detail, value: full, in: request, literal: all of it, asked: true}
        - {behavior: crisis_line, in: request, literal: help, triggered: true}
        """

    private static let phrases = """
        - {behavior: spoilers, value: on, literal: tell me the end}
        - {behavior: detail, value: full, regex: '^(?:be|stay)\\slong$'}
        - {behavior: detail, value: title, implied: true, regex: 'short[.!]?$'}
        - {behavior: secrets, value: on, op: allow, literal: may know}
        """
}
