import CharterDetection
import CharterDocuments
import CharterEngine
import Testing

/// A moderation endpoint's categories are behaviors by the settings' word.
@Suite("Moderation categories")
struct ModerationCategoriesTests {
    private let categories: ModerationCategories

    init() throws {
        categories = ModerationCategories(
            [
                "violence": .init("gore", value: "shown", threshold: 0.5),
                "illicit/violent": .init("poison"), "self-harm": .init("help_line"),
            ], try SmallCharter.document().charter)
    }

    private func result(
        _ scores: (violence: String, illicit: String, harm: String), flagged: String = "false"
    ) -> String {
        """
        {"flagged":false,"categories":{"violence":false,"illicit/violent":\(flagged),"self-harm":\(flagged)},
        "category_scores":{"violence":\(scores.violence),"illicit/violent":\(scores.illicit),"self-harm":\(scores.harm)}}
        """
    }

    private func detections(_ results: String..., about texts: Int) throws -> [Detection] {
        let json = #"{"id":"m","model":"o","results":[\#(results.joined(separator: ","))]}"#
        return try categories.detections(
            in: try JSONDocument(Array(json.utf8)).root, about: texts)
    }

    @Test("A category counts from its threshold on, or where it is flagged; a duty is triggered")
    func meanings() throws {
        let found = try detections(
            result(("0.499", "0.9", "0.9")), result(("0.5", "1e-3", "0.25"), flagged: "true"),
            about: 2)
        #expect(
            found == [
                Detection("poison", text: 1, score: 0.001),
                Detection("help_line", isTriggered: true, text: 1, score: 0.25),
                Detection("gore", value: "shown", text: 1, score: 0.5),
            ])
    }

    @Test(
        "Anything else is no answer",
        arguments: ["\"0.5\"", "1.01", "-0.1", "true", "null", "[0.5]", "1e999"])
    func outOfSchema(score: String) throws {
        #expect(throws: DetectorFailure.outOfSchema) {
            try detections(result((score, "0", "0")), about: 1)
        }
    }

    @Test("There is a result for each text, with each category")
    func counts() {
        for (results, texts) in [([], 1), ([result(("0", "0", "0"))], 2), (["{}"], 1), (["1"], 1)] {
            #expect(throws: DetectorFailure.outOfSchema) {
                let json = #"{"results":[\#(results.joined(separator: ","))]}"#
                _ = try categories.detections(
                    in: try JSONDocument(Array(json.utf8)).root, about: texts)
            }
        }
    }

    @Test("Each text is asked about, as it is")
    func question() throws {
        let body = categories.body(model: "omni", about: SmallCharter.texts("a \"b\"", "ü\n"))
        #expect(
            String(decoding: body, as: UTF8.self) == #"{"model":"omni","input":["a \"b\"","ü\n"]}"#)
    }
}
