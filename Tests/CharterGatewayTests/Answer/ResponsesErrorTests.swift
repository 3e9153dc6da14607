import Testing

@testable import CharterGateway

@Suite("Errors in a streamed response")
struct ResponsesErrorTests {
    @Test("They are the API's event, with the member that its clients raise at")
    func event() {
        let form = ResponsesForm(instructions: Array("null".utf8))
        let event = String(decoding: form.error(.upstreamTimeout), as: UTF8.self)
        let error = String(decoding: APIError.upstreamTimeout.object, as: UTF8.self)
        let begin = #"event: error"# + "\n" + #"data: {"type":"error","sequence_number":0,"code":"#
        #expect(event.hasPrefix(begin))
        #expect(event.hasSuffix(#","param":null,"error":\#(error)}"# + "\n\n"))
    }
}
