package httpapi

// geocodeSchemas are the schemas of what is found, and of what is learned from corrections; point is that of a position.
func geocodeSchemas(point object) object {
	parsed := object{"type": "object", "additionalProperties": object{"type": "string"}, "description": "the parts of the address the text was taken apart into"}
	return object{
		"Places": record("Places found: one FeatureCollection with the names Pelias, Photon and geocodejson use.", []any{"type", "features", "geocoding"}, object{
			"type": text("FeatureCollection"), "geocoding": ref("Geocoding"), "bbox": list(number("west, south, east, north of the features")), "features": list(ref("Feature")),
		}),
		"NominatimPlace":  record("A place as Nominatim writes it.", nil, object{"lat": text("degrees"), "lon": text("degrees"), "display_name": text("in words")}),
		"NominatimPlaces": list(ref("NominatimPlace")),
		"LocateRequest": record("A report: words, a position, or both.", nil, object{
			"text": text("the report as written, at most 512 characters"), "id": object{"description": "handed back"},
			"point": point, "accuracy_m": number("the radius around the point that holds it two times in three, as telephones tell it, metres; 30 when left out"),
		}),
		"Located": record("Where a report is, and who answers for it.", []any{"place", "grid", "matter", "components", "department", "score", "reasons"}, object{
			"generation": integer("of the View"), "place": nullable("Place"), "grid": nullable("GridRef"),
			"community": nullable("AreaRef"), "street": nullable("AreaRef"), "classes": list(ref("ClassHit")), "matter": nullable("Matter"),
			"components": list(ref("Candidate")), "department": nullable("DepartmentRef"),
			"score": number("0 to 1"), "uncertainty_m": number("radius in metres that holds the true place nine times in ten"), "reasons": list(ref("Reason")),
			"position": record("How the position that came with the report, or the coordinate in its text, stands to the words.", []any{"distance_m", "allowed_m", "agrees", "believed"}, object{
				"distance_m": number("between the two"), "allowed_m": number("what both uncertainties allow"), "agrees": boolean("not farther apart than that"),
				"believed": text("both, words or position"), "datum": text("gcj02 or bd09: they agree when the position is taken for that"),
			}),
			"faults": list(ref("Fault")), "parsed": parsed, "ask": text("what to ask the reporter"),
			"alternatives": list(record("Another place the report may mean.", []any{"place", "grid"}, object{"place": ref("Place"), "grid": nullable("GridRef")})),
		}),
		"Geocoding": record("What was asked, and how it was understood.", []any{"version", "query", "engine"}, object{
			"version": text("of geocodejson"), "query": text("as asked"), "engine": object{"type": "object", "description": "name and version"}, "warnings": list(text("")),
			"licence": text(""), "attribution": text(""), "timestamp": integer("of the answer, ms since 1970"),
			"parsed": parsed, "classes": list(ref("ClassHit")), "matters": list(ref("ClassHit")), "reasons": list(ref("Reason")), "ask": text("what to ask for a better answer"), "around": ref("Around"),
		}),
		"Around": record("What stands around the point of a reverse search.", []any{"point", "address", "grid", "community", "street", "components"}, object{
			"point": point, "address": text("in one line, as callers say it and a search understands it"), "grid": nullable("GridRef"), "community": nullable("AreaRef"), "street": nullable("AreaRef"),
			"components": list(record("The nearest component of a class.", []any{"code", "name", "class", "class_name", "point", "distance_m"}, object{
				"code": text("16 or 17 digits"), "name": text(""), "class": text("5 digits"), "class_name": text(""), "label": text("on it"), "state": text(""), "department": text(""),
				"point": point, "distance_m": number("from the point asked"),
			})),
		}),
		"Place": record("A place.", []any{"id", "layer", "label", "name", "point", "score", "match", "level", "uncertainty_m"}, object{
			"id": text("layer:key, stable while the stored row is"), "layer": text("address, intersection, venue, street, neighbourhood, localadmin, component, grid, coordinate"),
			"label": text("in one line"), "name": text(""), "house_number": text(""), "road": text(""), "community": text(""), "community_code": text("12 digits"), "street": text(""),
			"street_code": text("9 digits"), "key": text("of the stored row"), "category": text("of a point of interest, as the city files it"), "point": point, "score": number("0 to 1"), "match": text("exact, interpolated or fallback"),
			"level":         text("component, grid, coordinate, door, poi, intersection, offset, lane, road, community or street"),
			"uncertainty_m": number("radius that holds what is meant nine times in ten"), "faults": list(ref("Fault")), "reasons": list(ref("Reason")),
			"distance_m": number("from the focus or the point asked"),
		}),
		"Fault": record("Something forgiven, at a cost in score.", []any{"code", "text", "text_zh", "cost"}, object{
			"code": text("stable, as number.missing"), "text": text("in English"), "text_zh": text("in Chinese"), "cost": number("taken from the score"),
		}),
		"Reason": record("What a word of the text was used for.", []any{"word", "use"}, object{
			"word": text(""), "use": text("road, number, intersection, poi, offset, class, matter, code, coordinate, local_rule …"),
			"by": text("of a local rule or alias: who corrected, and who accepted it"), "ref": text("of a local rule or alias: its row"), "years": text("of a former name: when it was borne, as the city files it"),
		}),
		"Matter": record("The class of what is wrong: of a street (majors 06 to 10), or that the component meant is out of order.", []any{"code", "name"}, object{
			"code": text("5 digits, of GB/T 47678.5-2026"), "name": text(""), "word": text("of the text; left out when its component is named by number alone"),
		}),
		"ClassHit": record("A class of components or of matters the text names.", []any{"code", "name", "word"}, object{"code": text("of the class"), "name": text(""), "word": text("of the text")}),
		"Candidate": record("A component that may be the one meant.", []any{"code", "name", "class", "class_name", "point", "distance_m", "score", "why", "why_zh"}, object{
			"code": text("16 or 17 digits"), "name": text(""), "class": text("5 digits"), "class_name": text(""), "label": text("on it"), "state": text(""),
			"department": text(""), "dept_code": text(""), "grid_code": text("15 characters"), "point": point, "distance_m": number("from the place"), "score": number("0 to 1"),
			"why": text("it is the one"), "why_zh": text("in Chinese"),
		}),
		"DepartmentRef": record("The department that answers.", []any{"name", "by", "why", "why_zh"}, object{
			"code": text(""), "name": text(""), "phone": text(""), "by": text("component or responsibility"), "why": text(""), "why_zh": text(""),
		}),
		"GridRef": record("A cell.", []any{"code"}, object{"code": text("15 characters"), "area_m2": number("m²"), "distance_m": number("0: the place lies in it")}),
		"AreaRef": record("A community or a street.", []any{"code", "name"}, object{"code": text("12 or 9 digits"), "name": text("")}),
		"Upload": object{"type": "object", "required": []any{"data"}, "properties": object{
			"data": object{"type": "string", "format": "binary"}, "columns": list(text("columns that make the address")), "result_columns": list(text("columns to add; all when left out")),
			"lat": text("the column of a latitude to prefer places near"), "lon": text("the column of its longitude"), "delimiter": text("between the fields; else the likeliest"),
		}},
		"Correction": record("Where a report really is.", []any{"text", "point"}, object{
			"text": text("the report as written"), "point": point, "place": text("the stored place meant, as poi:p12: the id of an answer"), "note": text("what else there is to say"),
		}),
		"Feedback": record("A correction, what it could teach, and what was decided.", []any{"id", "text", "point", "state", "today", "unread", "conflicts"}, object{
			"id": integer(""), "text": text("of the report"), "point": point, "place": text(""), "note": text(""), "by": text("who corrects"), "at": text("when"),
			"state": text("open, accepted, rejected or undone"), "today": object{"type": "object", "nullable": true, "description": "what the geocoder answers now: id, label, level, point, score, distance_m from the point, ask"},
			"unread": list(text("words it does not know")), "learn": object{"type": "object", "description": "of an open one: kind (alias, rule, none), name, place, place_name, why, why_zh"},
			"conflicts": list(object{"type": "object", "description": "what speaks against it: code (name.vague, name.absent, name.official, name.address, name.taught, name.disputed, place.far), text, text_zh, with"}),
			"same":      list(integer("open ones that say the same")), "near": list(object{"type": "object", "description": "stored places at the point: id, name, distance_m"}),
			"taught":     object{"type": "object", "description": "the row it became: ref, name, place, place_name, point"},
			"decided_by": text(""), "decided_at": text(""), "why": text(""), "undone_by": text(""), "undone_at": text(""), "undone_why": text(""),
		}),
		"Feedbacks": record("Corrections.", []any{"feedback"}, object{"feedback": list(ref("Feedback"))}),
		"FeedbackDecision": record("What is decided; what is left out is as proposed. why must be there but for a plain acceptance.", nil, object{
			"id": integer("of the correction, in a review"), "decision": text("accept, reject or undo, in a review"), "name": text("the words to learn"),
			"place": text("the stored place they name, as poi:p12"), "rule": boolean("they name the point, whatever stands there"), "point": point,
			"force": boolean("in spite of what speaks against it"), "why": text("the reason"),
		}),
		"FeedbackReview": record("Decisions: all are carried out, or none.", []any{"decisions"}, object{"decisions": list(ref("FeedbackDecision"))}),
	}
}
