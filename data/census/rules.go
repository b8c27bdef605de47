package census

// The rules rows are checked by. Their ids are stable: reports, tests and other programs refer to them. What each means, how
// grave it is and which fix it proposes stands in [Rules].
const (
	RuleColumns   = "row.columns"          // more values than columns
	RuleQuote     = "row.quote"            // a quotation mark never closed
	RuleSyntax    = "row.syntax"           // the row's JSON cannot be read
	RuleGeometry  = "geometry.unreadable"  // the shape cannot be read
	RuleGeomType  = "geometry.type"        // a line where the layer holds points, and the like
	RuleGeomNone  = "geometry.missing"     // no coordinates
	RuleGeomValid = "geometry.invalid"     // a ring that is too short, crosses itself or repeats a vertex
	RuleFinite    = "position.not_finite"  // NaN or infinite
	RuleNumber    = "position.not_number"  // a coordinate that is no number
	RuleZero      = "position.zero"        // 0/0
	RuleRange     = "position.range"       // outside the coordinate system's range
	RuleOutside   = "position.outside"     // outside the city's area
	RuleFar       = "position.far"         // more than 5 km outside the city's bounds
	RuleMust      = "field.mandatory"      // a mandatory field is empty
	RuleEncoding  = "field.encoding"       // characters that the encoding does not have
	RuleType      = "field.type"           // not a number, not a date
	RuleDate      = "field.date"           // a date in no known form
	RuleState     = "component.state"      // a state the standard does not list
	RuleClass     = "component.class"      // a class no table has
	RuleCode      = "component.code"       // a malformed code
	RuleCodeClass = "component.code_class" // a code whose class is not the row's
	RuleCounty    = "component.county"     // a code of another county
	RuleAreaCode  = "area.code"            // a street, community or grid code of the wrong form
	RuleDouble    = "code.duplicate"       // a code twice in a delivery
	RuleParts     = "area.parts"           // one street or community in several rows
	RuleDoubleID  = "delivered_id.double"  // the survey team's own id twice in a delivery
	RuleUnplaced  = "place.community"      // no community holds the point
	RuleRemoved   = "delivery.removed"     // was in an earlier delivery and is not in this one
	RuleExtent    = "delivery.extent"      // outside the extent the delivery states

	RuleSwapped   = "position.swapped"         // longitude and latitude, or northing and easting, exchanged in one row
	RuleZone      = "position.zone"            // coordinates of another zone or system than the file's
	RuleCoarse    = "position.coarse"          // fewer decimals than the accuracy class allows
	RuleBuilding  = "position.in_building"     // street furniture inside a building
	RuleWater     = "position.in_water"        // street furniture in a river or lake, off every road
	RuleCrossing  = "geometry.self_crossing"   // a line that crosses itself
	RuleSize      = "geometry.size"            // a line or area of an impossible size
	RuleRunning   = "component.running_number" // running number 000000
	RuleEdition   = "component.code_edition"   // a code of the other edition's length
	RuleName      = "component.name"           // the name is that of another class
	RuleGrid      = "component.grid"           // stated cell against true cell
	RuleCommunity = "component.community"      // stated community against true community
	RuleStreet    = "component.street"         // stated street against true street
	RuleNear      = "component.near"           // two of one class within the tolerance
	RuleRepeated  = "row.repeated"             // the same row twice
	RuleLabel     = "component.label"          // a painted number twice
	RuleLampGap   = "lamp.gap"                 // a row of lamps lacks one
	RuleLampOff   = "lamp.outlier"             // a lamp off its row
	RuleDept      = "department.code"          // no unified social credit code
	RuleDeptCheck = "department.check"         // its check character is wrong
	RuleDeptNone  = "department.unknown"       // not in the list of departments
	RuleDeptName  = "department.name"          // the name is not that of the code
	RuleDeptClass = "department.class"         // the department does not answer for the class
	RuleEmpty     = "field.empty"              // empty in a row, filled in others, and the standard demands it
	RuleAbsent    = "field.absent"             // the file has no column the standard demands
	RuleLength    = "field.length"             // longer than the standard's field
	RuleFiller    = "field.filler"             // a word that stands for nothing
	RuleGarbled   = "field.garbled"            // text lost in a conversion
	RuleValue     = "field.value"              // a measure that cannot be
	RuleSource    = "field.data_source"        // a data source the standard does not list
	RuleFuture    = "date.future"              // after the day of the import
	RuleBefore    = "date.before"              // before there was a census
	RuleOrder     = "date.order"               // changed before it was first surveyed
)
