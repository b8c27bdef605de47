// Package accept judges a census by a sample: it draws components per map sheet and class, writes the worksheets a team takes
// into the field, reads them back filled in, and gives the rates of omission, error and position with a verdict.
//
// # Glossary
//
//   - sheet (图幅): a square of the 3-degree Gauss-Kruger zone of the data, named by its south-west corner in kilometres,
//     north first: 3918.50-497.00.
//   - stratum: the components of one class in one drawn sheet.
//   - error (错误): a sampled component that is not there, is of another class or has wrong attributes.
//   - omission (漏测): a thing on the ground that the census lacks; the team looks through the whole sheet for them.
//
// # Sizes and limits
//
// Two stages per map sheet, with a rate of errors, of omissions and of positions: the Shanghai method (standards section 7,
// read). A sample of 5 to 10 %, omission and error at most 5 % each, positions within twice the accuracy of the class: the
// habit of acceptances (section 7, from memory). The share of sheets and the least of a stratum are ours. All are settings.
//
// # Invariants
//
//   - The same seed and the same components give the same sample, whatever their order; what is drawn in a stratum does not
//     depend on the others.
//   - Coordinates of worksheets are metres, X north, Y east, as survey sheets write them.
package accept
