// CharterDocuments: texts in; typed values of the engine, and diagnostics, out.
//
// In:  the bytes of charters (CommonMark with attributes and `charter` blocks), layers (YAML),
//      requests (JSON) and vector files.
// Out: `Charter`, `Layer`, `Request` and the rest of the engine's vocabulary with the positions that
//      they were read from; every mistake of SEMANTICS §9 and every doubtful thing as a
//      `Diagnostic` that says where, what, why and what to write instead.
//
// Nothing here opens a file: who calls gives the bytes, and a function that finds templates.
