import Testing

@testable import CharterServer

@Suite("Clients of upstreams that the settings name no more")
struct RetiredClientsTests {
    @Test("They are kept as long as somebody holds them, and ended then")
    func unused() async {
        let retired = RetiredClients()
        var held: Upstreams? = Upstreams([])
        if let held { retired.add(held) }
        retired.add(Upstreams([Settings.Upstream(url: "http://127.0.0.1:1/v1")]))
        await retired.endUnused()
        #expect(retired.count == 1 && held != nil)
        held = nil
        await retired.endUnused()
        #expect(retired.count == 0)
    }
}
