// CharterDetection: which behaviors a text exercises.
//
// In flow the bytes of a text (a request's message, or an answer's text as it streams) and the
// patterns that stand beside a charter; out flow matches: which pattern, where in the original
// bytes. What a match means (a demand, a duty, a violation) is decided by whoever asked.
//
//   bytes → TextNormalizer → NormalizedText → MatchFinder (one automaton) → TextScanner (whole)
//                                                                         → StreamWatcher (streamed)
//
// `Detector/` has the one protocol that whatever detects stands behind, the order in which detectors
// are asked, and what a judge is asked by the charter.
//
// Everything is decided on the normalized text, whose bytes do not depend on how the text was cut;
// so neither do the matches, nor what a watcher has delivered in the end.
// Values and state machines only: no clock, no lock, no file, no network.
