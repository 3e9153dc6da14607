import CharterDetection
import CharterDocuments
import CharterEngine
import Testing

/// A behavior of each tier, a dial and a duty, for whoever looks for behaviors.
enum SmallCharter {
    static func document() throws -> CharterDocument {
        let text = """
            # Small

            ## Poison {#poison authority=root default=off tier=safety}

            No.

            ## Lies {#lies authority=root default=off tier=ethics}

            No.

            ## Help line {#help_line authority=user default=on duty=true tier=safety}

            Tell them.

            ## Gossip {#gossip authority=operator default=off tier=guidelines}

            No.

            ## Gore {#gore authority=user tier=guidelines}

            ```charter
            dial: [implied, shown, dwelt_upon]
            default: implied
            ```

            How closely.

            ## Length {#length authority=user default=off tier=helpfulness}

            Short.
            """
        return try #require(
            CharterDocument.read(SourceText(file: "small.md", text: text)).value)
    }

    static func texts(_ texts: String...) -> [DetectedText] {
        texts.map { DetectedText(speaker: .principal(.user), bytes: Array($0.utf8)[...]) }
    }
}
