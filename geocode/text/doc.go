// Package text brings what people write and what is stored into one form for
// comparing: width folded, lower case, traditional characters simplified,
// numerals where they are numbers as digits. The form is for matching only and
// never shown.
package text
