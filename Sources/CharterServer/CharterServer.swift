// CharterServer: the only place where the parts are put together.
//
// In:  files and settings from disk, connections from the network.
// Out: policies that were read from those files, and a server that enforces them.
//
// `PolicyFiles` finds and reads documents by the names that they have on disk (docs/layers.md).
// The gateway's pipeline is pure; here stand the sockets, the clock and the client around it.
