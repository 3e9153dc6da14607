import CharterEngine
import CharterGateway
import Testing

/// What an answer has used, and what it costs.
@Suite("Usage")
struct UsageTests {
    @Test(
        "It is read from answers and events of each protocol",
        arguments: [
            (
                #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}"#,
                7, 5
            ),
            (#"{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}"#, 8, 0),
            (
                #"{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":2}}"#,
                9, 2
            ),
            (
                #"{"type":"message","usage":{"input_tokens":3,"cache_creation_input_tokens":10,"cache_read_input_tokens":20,"output_tokens":6}}"#,
                33, 6
            ),
            (
                #"{"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}"#,
                25, 1
            ),
            (#"{"type":"message_delta","delta":{},"usage":{"output_tokens":15}}"#, 0, 15),
            (
                #"{"type":"response.completed","response":{"usage":{"input_tokens":4,"output_tokens":3}}}"#,
                4, 3
            ),
            (#"{"usage":{"prompt_tokens":-7,"completion_tokens":5}}"#, 0, 5),
        ])
    func reads(answer: String, input: Int, output: Int) {
        #expect(
            Usage(answer: Array(answer.utf8)) == Usage(inputTokens: input, outputTokens: output))
    }

    @Test(
        "An answer that says nothing of it has none",
        arguments: [
            "", "garbage", "[]", "{}", #"{"usage":null}"#, #"{"usage":{}}"#, #"{"usage":7}"#,
            #"{"usage":{"prompt_tokens":"7"}}"#, #"{"choices":[],"usage":null}"#,
        ])
    func none(answer: String) {
        #expect(Usage(answer: Array(answer.utf8)) == nil)
    }

    @Test("An estimate is four bytes a token, rounded up")
    func estimates() {
        #expect(
            Usage(estimatedFrom: 401, answer: 8) == Usage(inputTokens: 101, outputTokens: 2))
    }

    /// What a stream of these events comes to, cut into pieces.
    private func streamed(_ events: [String], _ random: inout Random) -> Usage {
        var usage = StreamUsage(request: 40)
        let bytes = events.flatMap { Array("data: \($0)\n\n".utf8) }
        for piece in random.cut(bytes, longest: 30) { usage.push(piece) }
        return usage.usage
    }

    @Test("Of a stream counts what its events say last, and else its events")
    func streams() {
        var random = Random(seed: 11)
        let piece = #"{"choices":[{"delta":{"content":"the \"usage\" of it"}}],"usage":null}"#
        let pieces = Array(repeating: piece, count: 20)
        let end = #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}"#
        for _ in 0..<20 {
            #expect(
                streamed(pieces + [end, "[DONE]"], &random)
                    == Usage(inputTokens: 7, outputTokens: 5))
            #expect(streamed(pieces, &random) == Usage(inputTokens: 10, outputTokens: 20))
        }
        let start =
            #"{"type":"message_start","message":{"usage":{"input_tokens":25,"output_tokens":1}}}"#
        let delta = #"{"type":"message_delta","usage":{"output_tokens":15}}"#
        #expect(
            streamed([start] + pieces + [delta, #"{"type":"message_stop"}"#], &random)
                == Usage(inputTokens: 25, outputTokens: 15))
        // A client that goes away before the end has used what came so far.
        #expect(
            streamed([start] + pieces, &random) == Usage(inputTokens: 25, outputTokens: 20))
    }

    @Test(
        "A model costs its price for a million tokens, and one without a price as much as the dearest"
    )
    func prices() {
        let prices = ModelPrices([
            "small": .init(input: 1, output: 2), "large": .init(input: 0.5, output: 40),
        ])
        let usage = Usage(inputTokens: 1_000_000, outputTokens: 500_000)
        #expect(
            prices.amount(of: usage, model: "small") == BudgetAmount(tokens: 1_500_000, cost: 2))
        #expect(prices.amount(of: usage, model: "large").cost == 20.5)
        #expect(prices.amount(of: usage, model: "Small").cost == 21)
        #expect(ModelPrices().amount(of: usage, model: "small").cost == 0)
    }

    @Test("A request holds back as much as all of its answers may have")
    func held() throws {
        let demand = BudgetDemand(model: "m", mostTokens: 30, requestBytes: 400)
        let prices = ModelPrices(["m": .init(input: 100, output: 1_000_000)])
        #expect(demand.held(prices) == BudgetAmount(tokens: 30, cost: 30))
        #expect(demand.unknownUsage == Usage(inputTokens: 100, outputTokens: 30))
        #expect(BudgetDemand(model: "m").held(prices) == BudgetAmount())
    }
}
