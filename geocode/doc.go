// Package geocode turns what people write about places into points: codes,
// coordinates, door plates, intersections, points of interest, roads,
// communities and streets, with offsets as "东50米路北", and back again.
//
// # Glossary
//
//   - anchor: the named place an offset starts from (a door, a crossing, a POI).
//   - door road: road with section, lane and alley, as 和平西路三段120巷5弄.
//   - lane mouth: where a lane (巷) leaves its road; the lane's number stands in
//     the road's sequence of house numbers, so it can be interpolated.
//   - twins: roads of one name that lie far apart, each with its own doors, ends and crossings.
//   - stretch: the part of a road between two others, as A路（B路至C路）.
//   - leg: one direction with its metres or its crossings to count; an offset has at most two.
//   - bridge: where a road meets a railway or a water.
//   - reading: one way to understand a text; several readings make several places.
//   - matter: what is wrong in a street (事件), as 占道经营, or with a component, as 路灯异常; the class its words name.
//   - position: where the reporter's device, or a coordinate in the text, says
//     the report is from; [Fuse] brings it together with the readings.
//   - fault: something that had to be forgiven, with its cost in score.
//
// # Invariants
//
//   - A [Geocoder] is immutable and safe for concurrent use; [Geocoder.Apply]
//     returns another that shares all that did not change.
//   - Points are longitude, latitude in degrees, CGCS2000 (taken as WGS-84);
//     uncertainties and distances are metres.
//   - Matching folds width, case and traditional characters ([wanmi/geocode/text]);
//     names in answers stand as they are stored.
//   - Score = base of the level minus the cost of each fault, between 0 and 1,
//     comparable between queries.
package geocode
