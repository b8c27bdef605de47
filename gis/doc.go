// Package gis is the ground every room of Wanmi stands on: the feature, the
// layers it may belong to, the change, and the kinds an error can have.
//
// # Glossary
//
//   - unit grid (单元网格): a cell of about 10,000 m² of one community, 15-digit code 6+3+3+3.
//   - work grid (责任网格): a set of adjacent unit grids one party answers for.
//   - component (管理部件): a surveyed thing of the street, 17-digit code 6+2+3+6
//     (GB/T 47678.5-2026) or 16-digit 6+2+2+6 (CJ/T 214-2007).
//   - street (街道/镇): 9-digit code; community (社区/村): 12-digit code.
//   - case (案件): a report about a component or a matter at a place.
//   - door (门牌): a house number plate with its point.
//   - POI (兴趣点): a named building, unit or facility that serves as a landmark.
//
// # Invariants
//
//   - Coordinates of a stored [Feature] are CGCS2000 longitude, latitude in
//     degrees (EPSG:4490), in that order. For web tiles they are taken as WGS-84;
//     the difference is under a decimetre.
//   - Lengths are metres, areas square metres, both computed on the 3-degree
//     Gauss-Kruger zone of the data, never on degrees.
//   - Key is unique within a layer and is the code the standards give, where they
//     give one; ID is unique within a layer, positive, and never changes or comes back.
//   - A [Generation] grows by one with every committed write.
package gis
