/// The roles, channels and members of an innermost operator, each kind with its places from 0.
///
/// The three kinds share one table, since a million operators may have one each.
struct OperatorNames: Sendable {
    private var table = NameTable()
    private var channelsStart: UInt32 = 0
    private var membersStart: UInt32 = 0

    init() {}

    /// Numbers names in the order in which they come; one that comes again keeps its place.
    init(roles: some Sequence<Text>, channels: some Sequence<Text>, members: some Sequence<Text>) {
        for name in roles { table.add(name) }
        channelsStart = UInt32(table.names.count)
        for name in channels { table.add(name, from: Int(channelsStart)) }
        membersStart = UInt32(table.names.count)
        for name in members { table.add(name, from: Int(membersStart)) }
        table = table.trimmed
    }

    var roles: ArraySlice<Text> { table.names[..<Int(channelsStart)] }
    var hasChannels: Bool { channelsStart < membersStart }

    func role(_ name: Text) -> UInt16? { place(of: name, in: 0..<Int(channelsStart)) }

    func channel(_ name: Text) -> UInt16? {
        place(of: name, in: Int(channelsStart)..<Int(membersStart))
    }

    func member(_ name: Text) -> UInt16? {
        place(of: name, in: Int(membersStart)..<table.names.count)
    }

    /// Whether each kind can be numbered.
    var fits: Bool {
        let counts = [
            Int(channelsStart), Int(membersStart - channelsStart),
            table.names.count - Int(membersStart),
        ]
        return counts.allSatisfy { $0 < Int(Facts.nowhere) }
    }

    @inline(__always)
    private func place(of name: Text, in kind: Range<Int>) -> UInt16? {
        kind.isEmpty
            ? nil
            : table.place(of: name, in: kind).map {
                UInt16(truncatingIfNeeded: $0 &- kind.lowerBound)
            }
    }
}
