// CharterGateway: what stands between a client and a model.
//
// Flows in:  the bytes of requests, and of a model's answers, whole or in pieces.
// Flows out: the bytes for the model and for the client, and what was stopped and why.
//
// Nothing here opens a socket, reads a clock or knows a server: every type is a value or a state
// machine over bytes, and those who do I/O stand around it.
//
//   Chat/      the chat completions protocol: requests, refusals, errors
//   Stream/    server-sent events
//   Answer/    the watch over an answer, whole or while it is being written
//   Upstream/  which model's server is asked
//   Budget/    how much operators, keys and users may use
//   Detection/ what other detectors than the patterns found, and what waits for them
//   Pipeline/  one request from arrival to reply
//   Telemetry/ what may be known of a request that is over: metrics, the log, traces
