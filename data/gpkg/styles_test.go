package gpkg

import (
	"encoding/xml"
	"path/filepath"
	"testing"

	"wanmi/gis"
)

// Every layer that can be drawn has one default style, whole as XML, with a symbol for each of its classes. (That QGIS takes them is
// seen by scripts/qgis_readback.py.)
func TestStyles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.gpkg")
	s := openTest(t, path)
	rows, err := s.reader.Query(`SELECT f_table_name, styleQML, useAsDefault FROM layer_styles`)
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]int{}
	for rows.Next() {
		var table, text string
		var byDefault bool
		if err := rows.Scan(&table, &text, &byDefault); err != nil {
			t.Fatal(err)
		}
		if byDefault {
			defaults[table]++
		}
		var style struct {
			Renderer struct {
				Categories []struct{} `xml:"categories>category"`
				Symbols    []struct {
					Layers []struct{} `xml:"layer"`
				} `xml:"symbols>symbol"`
			} `xml:"renderer-v2"`
		}
		if err := xml.Unmarshal([]byte(text), &style); err != nil {
			t.Fatalf("%s: %v\n%s", table, err, text)
		}
		r := style.Renderer
		if len(r.Symbols) == 0 || len(r.Categories) > 0 && len(r.Categories) != len(r.Symbols) || len(r.Symbols[0].Layers) == 0 {
			t.Errorf("%s: %d categories and %d symbols", table, len(r.Categories), len(r.Symbols))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, l := range gis.Layers {
		if want := map[bool]int{true: 1}[l.Geom != gis.NoGeom]; defaults[l.Name] != want {
			t.Errorf("%s has %d default styles, want %d", l.Name, defaults[l.Name], want)
		}
	}
	// What the user made of a style stays.
	if _, err := s.writer.Exec(`UPDATE layer_styles SET styleQML = 'mine' WHERE f_table_name = 'road'`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var mine string
	if err := openTest(t, path).reader.QueryRow(`SELECT styleQML FROM layer_styles WHERE f_table_name = 'road'`).Scan(&mine); err != nil || mine != "mine" {
		t.Errorf("the user's style is %q, %v", mine, err)
	}
}
