// CharterEngine: the meaning of charters, layers and requests (SEMANTICS §1–§7), and nothing else.
//
// In:  a `Charter`, `Layer`s and a `Request`, all typed values that somebody else has read.
// Out: a `Decision`: for each behavior its setting, its ceilings and the level that decided, the
//      steps that were refused and why, and the `Verdict`; on demand the `Trail` of every step.
//
// `Policy.compile` does once what does not depend on a request. `Fold` is §4 as the page has it.
// `Condition` is §5, `Conversation` is §6, `Verdict` is §7. Nothing here does I/O, reads a clock,
// takes a lock or imports anything: a decision depends on its arguments alone.
