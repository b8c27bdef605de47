package city

import (
	"slices"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/geocode"
)

func TestAround(t *testing.T) {
	v := view(t)
	a, err := v.Around(t.Context(), citytest.At(15, 20), geocode.ReverseQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "千泉街道普阳山路7号东36米"; a.Address != want {
		t.Errorf("address: got %q, want %q", a.Address, want)
	}
	if a.Grid == nil || a.Grid.Code != citytest.NorthEast || a.Community == nil || a.Community.Code != citytest.East || a.Street == nil || a.Street.Code != citytest.Street {
		t.Errorf("got cell %+v, community %+v, street %+v, want %s, %s, %s", a.Grid, a.Community, a.Street, citytest.NorthEast, citytest.East, citytest.Street)
	}
	var classes, names []string
	for _, c := range a.Components {
		classes = append(classes, c.Class)
	}
	if !slices.Equal(classes, []string{"01037", "01002"}) || a.Components[0].Code != citytest.Lamp {
		t.Errorf("components: got %+v, want the lamp, then the cover", a.Components)
	}
	for _, p := range a.Places {
		names = append(names, p.Name)
	}
	for _, want := range []string{"普阳山路与太平路交叉口东北25米", "普阳山路7号", "太平路", "铁东社区", "千泉街道"} {
		if !slices.Contains(names, want) {
			t.Errorf("places: got %q, want %s among them", names, want)
		}
	}
}
