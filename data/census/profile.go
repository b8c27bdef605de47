package census

import (
	"fmt"
	"strings"

	"wanmi/gis"

	"gopkg.in/yaml.v3"
)

// Profile says how the columns of a file become the fields of a layer. It is
// guessed, printed as YAML, edited by hand and given back.
//
// A value of Fields is one of
//
//	column          the column's text
//	=text           the text itself
//	{a}{b}-{c}      a template of columns; empty when every column in it is empty
//	{a|巷}          inside a template: the column with that word behind it, unless it is empty or ends so
type Profile struct {
	Layer    string            `yaml:"layer"`
	Encoding string            `yaml:"encoding,omitempty"`
	CRS      string            `yaml:"crs,omitempty"`  // as "EPSG:4548"; empty: as the file says, else found from the values
	X        string            `yaml:"x,omitempty"`    // column of the easting or longitude; empty with a file that has geometry
	Y        string            `yaml:"y,omitempty"`    // column of the northing or latitude
	WKT      string            `yaml:"wkt,omitempty"`  // column of the geometry as WKT
	Swap     bool              `yaml:"swap,omitempty"` // the geometry's axes stand as y, x
	Fields   map[string]string `yaml:"fields"`
	Set      map[string]string `yaml:"set,omitempty"` // field -> constant for every row, over what Fields give
	Class    *ClassRule        `yaml:"class,omitempty"`
	Skip     []string          `yaml:"skip,omitempty"` // columns kept out of the extra field
	Checks   *Checks           `yaml:"checks,omitempty"`
	Date     string            `yaml:"date,omitempty"`     // the day the delivery shows, see ParseDate
	Extent   string            `yaml:"extent,omitempty"`   // the area the delivery covers, see ParseExtent
	Volatile []string          `yaml:"volatile,omitempty"` // columns whose change alone is none, as update stamps
}

// ClassRule says how the class of a component is found.
type ClassRule struct {
	Code    string            `yaml:"code,omitempty"`    // constant class code for every row
	Column  string            `yaml:"column,omitempty"`  // column that holds the code, the code of the component or the name of the class
	Values  map[string]string `yaml:"values,omitempty"`  // value of Column -> class code
	Edition string            `yaml:"edition,omitempty"` // edition of the class table
}

// ParseProfile reads a profile and checks that its layer and fields exist.
func ParseProfile(b []byte) (Profile, error) {
	var p Profile
	dec := yaml.NewDecoder(strings.NewReader(string(b)))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil {
		return p, gis.E(gis.Invalid, err, "the profile cannot be read")
	}
	layer, err := gis.LayerByName(p.Layer)
	if err != nil {
		return p, err
	}
	for _, m := range []map[string]string{p.Fields, p.Set} {
		for name := range m {
			if _, ok := layer.Field(name); !ok {
				return p, gis.E(gis.Invalid, nil, "the profile names the field %q, which layer %s does not have", name, layer.Name)
			}
		}
	}
	if p.Checks != nil {
		if err := p.Checks.valid(); err != nil {
			return p, err
		}
	}
	if p.Date != "" {
		if _, err := ParseDate(p.Date); err != nil {
			return p, err
		}
	}
	if p.Extent != "" {
		if _, err := ParseExtent(p.Extent); err != nil {
			return p, err
		}
	}
	if (p.X == "") != (p.Y == "") {
		return p, gis.E(gis.Invalid, nil, "the profile names one coordinate column; it takes both x and y")
	}
	return p, nil
}

// YAML returns the profile as it is printed and edited.
func (p Profile) YAML() string {
	b, err := yaml.Marshal(p)
	if err != nil {
		return fmt.Sprintf("# %v\n", err)
	}
	return string(b)
}
