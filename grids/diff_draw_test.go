package grids

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
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
	if n := strings.Count(b.String(), "<path"); n != 6 {
		t.Errorf("%d outlines drawn, want 4 and the old ones of the changed and the gone cell", n)
	}
	if !strings.Contains(b.String(), ">"+string(other[2].Code)+"</text>") {
		t.Error("the new cell has no label")
	}
	wide := fishnet(40, 1, 100)
	for i := range wide {
		wide[i].Code = Code(fmt.Sprintf("%s%03d", code12(1), i+1))
	}
	moved := cloneCells(wide)
	moved[20].Code = Code(code12(1) + "999")
	var near bytes.Buffer
	if err := WriteDiff(&near, "svg", wide, moved); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(near.String(), "kept</title>"); n > 15 {
		t.Errorf("%d of 39 cells drawn round the one that is not as it was, want 15 at most", n)
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
