internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// What is for those who run the gateway, at an address of its own: clients cannot see how often
/// others come, and what for.
struct AdminServer: Service {
    let telemetry: Telemetry
    let address: Settings.Address
    let logger: Logger

    /// The routes that it has.
    static func router(_ telemetry: Telemetry) -> Router<BasicRequestContext> {
        let router = Router(
            context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: GatewayMetrics.contentType],
                body: .init(byteBuffer: ByteBuffer(string: telemetry.text)))
        }
        return router
    }

    func run() async throws {
        let router = AdminServer.router(telemetry)
        let application = Application(
            router: router,
            configuration: .init(
                address: .hostname(address.host, port: address.port), serverName: nil),
            logger: logger)
        do { try await application.run() } catch {
            throw AddressFailure(address: address, error: error)
        }
    }

    /// Why there is nobody at the address.
    struct AddressFailure: Error, CustomStringConvertible {
        let address: Settings.Address
        let error: any Error

        var description: String { "`admin_listen`, \(address.host):\(address.port): \(error)" }
    }
}
