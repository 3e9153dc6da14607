internal import CInterfaceDescription

/// The description of the HTTP interface in OpenAPI 3.1, docs/openapi.yaml.
package enum InterfaceDescription {
    /// Its bytes, as they were when the program was built.
    package static var yaml: [UInt8] {
        let bytes = charter_interface_description()
        return Array(UnsafeBufferPointer(start: bytes.start, count: bytes.count))
    }
}
