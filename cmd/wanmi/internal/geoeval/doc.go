// Package geoeval judges the geocoder by texts whose place is known: how far off it is, whether cell, department and component are
// right, and whether the score says how often it is.
//
// # Glossary
//
//   - case: a text with its true place (样本), of a set when the texts come from several sources.
//   - right (正确): an answer whose point lies within the tolerance of the true place.
//   - calibration error (校准误差): of the answers whose scores fall into a tenth, how far the share that is right lies from their mean score, averaged over
//     the answers.
//
// # Invariants
//
//   - Distances are metres on the sphere; shares are between 0 and 1 and counted over all cases, an unplaced one being wrong.
//   - The same cases and answers give the same report.
package geoeval
