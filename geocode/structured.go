package geocode

import (
	"context"
	"strings"

	"wanmi/geocode/text"
)

// Structured places a request already cut into parts: the parts are put together in the order addresses are written,
// so the answer is the one Search gives for the whole.
func (g *Geocoder) Structured(ctx context.Context, q StructuredQuery) (Answer, error) {
	var b strings.Builder
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			if n := b.Len(); n > 0 && text.Alnum(rune(b.String()[n-1])) && text.Alnum(rune(s[0])) {
				b.WriteByte(' ')
			}
			b.WriteString(s)
		}
	}
	add(q.County)
	add(q.Locality)
	add(q.Neighbourhood)
	add(q.Road)
	if n := strings.TrimSpace(q.HouseNumber); n != "" {
		if !strings.ContainsAny(n, "号號弄巷幢栋") {
			n += "号"
		}
		add(n)
	}
	add(q.Address)
	add(q.Venue)
	return g.Search(ctx, Query{
		Text: b.String(), Size: q.Size, Focus: q.Focus, Bound: q.Bound, Circle: q.Circle, Polygon: q.Polygon, Layers: q.Layers, Categories: q.Categories,
	})
}
