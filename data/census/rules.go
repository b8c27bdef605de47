package census

// The rules rows are checked by. Their ids are stable: reports, tests and other programs refer to them.
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
)
