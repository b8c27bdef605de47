package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// codeRune reports whether r may stand in a code or a painted number.
func codeRune(r rune) bool { return text.Alnum(r) || r == '-' || r == '_' || r == '#' }

// codeCands finds codes in the text: 15 characters of a unit grid, 16 or 17 digits of a component, a component's painted
// number or the survey team's own id. It returns the stretch used, empty when none.
func (g *Geocoder) codeCands(sc *scratch) (from, to int) {
	r := sc.f.Runes
	for i := 0; i < len(r); {
		if !text.Alnum(r[i]) {
			i++
			continue
		}
		j := i
		for j < len(r) && codeRune(r[j]) {
			j++
		}
		end := j
		for !text.Alnum(r[end-1]) {
			end--
		}
		if g.codeAt(sc, i, end) {
			return i, end
		}
		i = j
	}
	return 0, 0
}

func (g *Geocoder) codeAt(sc *scratch, i, j int) bool {
	run := sc.f.Runes[i:j]
	if len(run) == 15 {
		code := strings.ToUpper(string(run))
		if k, ok := slices.BinarySearchFunc(g.src.grids, code, func(r gridRec, c string) int { return strings.Compare(r.code, c) }); ok {
			c := newCand(levelGrid, g.src.grids[k].at, 50)
			c.grid = int32(k)
			sc.addCand(c)
			return true
		}
	}
	cost := g.labelCost(sc, i, j)
	if cost < 0 {
		return false
	}
	sc.comps = g.comps.find(run, sc.comps[:0])
	former := len(sc.comps) == 0 && g.formerly(sc, run)
	for _, r := range sc.comps {
		c := newCand(levelComponent, r.at, 1)
		c.comp = r
		if len(sc.comps) > 1 {
			c.fault(faultAmbiguous, .05)
		}
		if former {
			c.fault(faultFormerCode, .01)
		}
		if cost > 0 {
			c.fault(faultLabel, cost)
		}
		sc.addCand(c)
	}
	return len(sc.comps) > 0
}

// formerly looks the run up among the codes components once had.
func (g *Geocoder) formerly(sc *scratch, run []rune) bool {
	if g.cfg.FormerKey == nil || sc.ctx == nil || len(run) != 16 && len(run) != 17 {
		return false
	}
	for _, r := range run {
		if !text.Digit(r) {
			return false
		}
	}
	now, ok := g.cfg.FormerKey(sc.ctx, string(run))
	if ok {
		sc.comps = g.comps.find([]rune(now), sc.comps[:0])
	}
	sc.former = string(run)
	return len(sc.comps) > 0
}

// labelCost says how sure it is that the run is a component's number: 0 for a code or a mix of letters and digits, more
// for bare digits that a word around marks as painted, -1 when it is none.
func (g *Geocoder) labelCost(sc *scratch, i, j int) float64 {
	digits, alphas := 0, 0
	r := sc.f.Runes
	for _, c := range r[i:j] {
		switch {
		case text.Digit(c):
			digits++
		case text.Alnum(c):
			alphas++
		}
	}
	switch {
	case digits >= 7 || digits > 1 && alphas > 0 && digits+alphas > 2:
		return 0
	case digits < 2 || alphas > 0:
		return -1
	}
	before := string(r[max(0, i-4):i])
	for _, w := range [...]string{"编号", "编号:", "编码", "编码:", "箱编:", "编号为", "编号是", "号码", "no.", "杆号", "杆号:", "牌号"} {
		if strings.HasSuffix(before, w) {
			return .02
		}
	}
	after := string(r[j:min(len(r), j+3)])
	for _, w := range [...]string{"号灯", "号杆", "号路灯", "号电", "号井", "号桩", "号箱"} {
		if strings.HasPrefix(after, w) {
			return .04
		}
	}
	for k := range sc.all { // 路灯0123
		m := &sc.all[k]
		if int(m.e) == i && m.entries[0].kind == entryClass {
			return .04
		}
	}
	return -1
}
