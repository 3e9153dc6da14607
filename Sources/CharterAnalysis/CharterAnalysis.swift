// CharterAnalysis: what can be said of documents beside deciding requests.
//
// Flows in:  documents that were read (CharterDocuments).
// Flows out: `Inheritance`, what an operator sets and what it inherits; `PolicyTestNeeds`, which of a
//            layer's adjustments no test needs. Values, without I/O and without a clock.
