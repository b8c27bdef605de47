package city

import (
	"context"
	"strconv"
	"strings"

	"wanmi/gis"
)

// Columns are the columns batch geocoding adds to a table, in order.
func Columns() []string {
	return []string{
		"longitude", "latitude", "result_label", "result_type", "result_score", "result_uncertainty_m", "result_grid",
		"result_community", "result_street", "result_component", "result_department", "result_reasons",
	}
}

// Row returns the values of [Columns]: codes for cell and component, names for community, street and department.
// A report nothing was found for gives empty values and the reason.
func (l Located) Row() []string {
	row := make([]string, len(Columns()))
	if p := l.Place; p != nil {
		row[0], row[1] = degrees(p.Point[0]), degrees(p.Point[1])
		row[2], row[3] = p.Label, p.Layer
		row[4] = strconv.FormatFloat(l.Score, 'f', 3, 64)
		row[5] = strconv.FormatFloat(l.UncertaintyM, 'f', 1, 64)
	}
	if l.Grid != nil {
		row[6] = l.Grid.Code
	}
	if l.Community != nil {
		row[7] = l.Community.Name
	}
	if l.Street != nil {
		row[8] = l.Street.Name
	}
	if len(l.Components) > 0 {
		row[9] = l.Components[0].Code
	}
	if l.Department != nil {
		row[10] = l.Department.Name
	}
	row[11] = l.reasons()
	return row
}

// reasons tells in one line what the words were used for and what had to be forgiven.
func (l Located) reasons() string {
	var parts []string
	for _, r := range l.Reasons {
		parts = append(parts, r.Use+"="+r.Word)
	}
	for _, f := range l.Faults {
		parts = append(parts, f.Code)
	}
	if l.Place == nil {
		parts = append(parts, "not_found")
	}
	return strings.Join(parts, "; ")
}

// degrees writes a coordinate to a centimetre.
func degrees(v float64) string { return strconv.FormatFloat(v, 'f', 7, 64) }

// Enrich locates one text of a table. A text that cannot be read is no error of the table: its row says why.
func (v *View) Enrich(ctx context.Context, q LocateQuery) ([]string, error) {
	l, err := v.Locate(ctx, q)
	if gis.KindOf(err) == gis.Invalid && err != nil {
		row := make([]string, len(Columns()))
		row[len(row)-1] = "invalid: " + gis.Public(err)
		return row, nil
	}
	if err != nil {
		return nil, err
	}
	return l.Row(), nil
}
