// Package cql2 reads, prints, checks and evaluates filters in OGC's Common Query Language (OGC 21-065r2), in its text and its
// JSON form.
//
// # Glossary
//
//   - filter: a parsed expression ([Filter]); text and JSON give the same tree, and each is printed from it.
//   - schema: the properties a filter may name, with their types ([Schema]).
//   - predicate: a filter made ready for the rows of one schema ([Predicate]); a run ([Run]) asks it row by row.
//   - truth: TRUE, FALSE or NULL; a row stays when its filter is TRUE.
//   - condition: a filter as SQL, for tables the server does not hold ([Filter.SQL]).
//
// # What is served
//
// Basic CQL2, LIKE, BETWEEN, IN, CASEI, ACCENTI, arithmetic, all spatial functions with all geometry literals, all temporal
// functions, properties and literals on either side. No array functions, no functions of one's own.
//
// # Rules where the standard leaves a choice
//
//   - Types are not cast: text meets text, a number a number. Where a timestamp meets a date, the day of the timestamp in
//     the schema's zone counts.
//   - Text compares by code point; an empty text is NULL, as everywhere in the product.
//   - BETWEEN takes dates and timestamps too. A timestamp may have an offset; it is printed in UTC.
//   - Division by zero, and arithmetic that leaves the range of numbers, is NULL.
//   - Heights (Z, six-number BBOX) are read and not looked at. BBOX whose west is larger than its east goes round by the antimeridian.
//
// # Limits
//
// A filter has at most [MaxBytes] bytes, [MaxDepth] levels and [MaxConditions] conditions, a LIKE pattern [MaxPattern] characters; what is larger is refused
// before work is spent on it.
package cql2
