package grids

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/paulmach/orb/geojson"

	"wanmi/gis"
)

func TestWriteDiff(t *testing.T) {
	l := fishnet(3, 1, 100)
	l[1].Code, l[2].Code = Code(code12(1)+"002"), Code(code12(1)+"003")
	l[0].Code = Code(code12(1) + "001")
	other := cloneCells(l)
	other[1].Polygon = l[2].Polygon
	other[2].Code = Code(code12(1) + "004")
	var b bytes.Buffer
	if err := WriteDiff(&b, "geojson", l, other); err != nil {
		t.Fatal(err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range fc.Features {
		got += f.Properties.MustString("code")[12:] + f.Properties.MustString("change") + " "
	}
	if got != "001kept 003gone 002changed 004new " {
		t.Errorf("got %q", got)
	}
	b.Reset()
	if err := WriteDiff(&b, "svg", l, other); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "<path"); n != 5 {
		t.Errorf("%d outlines drawn, want 4 and the old one of the changed cell", n)
	}
	for dec := xml.NewDecoder(&b); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
	if err := WriteDiff(&b, "png", l, other); gis.KindOf(err) != gis.Invalid {
		t.Errorf("an unknown format: %v", err)
	}
}
