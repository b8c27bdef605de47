// Package feedback lets a city teach its geocoder: a dispatcher says where a report really is, the keeper of the data decides what is to be
// learned from it, and the next answer knows.
//
// # Glossary
//
//   - correction (更正): the text of a report with the point it should have been placed at. It waits as a proposal for the layer local_name.
//   - local name (俗名): a row of that layer, what is learned: an alias of a stored place, or a rule, the name of a point of its own.
//   - lesson: what the geocoder makes of a text, the words it does not know and the name to learn ([geocode.Lesson]).
//   - conflict: why a correction had better not be accepted as it stands. It takes force and a reason.
//
// # Invariants
//
//   - The command line and HTTP decide by the same code: same correction, same refusal.
//   - A decision and what is learned go into the store by one write, a batch of decisions too: all or none.
//   - A correction that is accepted has its row F and its number; taken back, the row is gone and the history keeps who did it and why.
//   - Points are longitude, latitude (CGCS2000, taken as WGS-84); distances are metres.
package feedback
