// Package division carries a division of the city into the store: the new cells,
// the void ones with their dates, where each came from, and the cell of every
// component and case, which is derived and therefore derived again.
//
// Coordinates are CGCS2000 longitude and latitude, areas m² on the Gauss-Kruger
// zone of the data, dates YYYY-MM-DD.
package division
