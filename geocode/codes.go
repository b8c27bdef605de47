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
	sc.paintedS, sc.paintedE = 0, 0
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
		if j-i == 1 && text.Digit(run[0]) && paintedAfter(sc.f.Runes, j) {
			sc.paintedS, sc.paintedE = int32(i), int32(j)
		}
		return false
	}
	sc.comps = g.comps.find(run, sc.comps[:0])
	former := len(sc.comps) == 0 && g.formerly(sc, run)
	if len(sc.comps) == 0 && cost > 0 {
		sc.paintedS, sc.paintedE = int32(i), int32(j)
	}
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

// paintedAfter reports whether the words at j make the number before them one painted on a thing.
func paintedAfter(r []rune, j int) bool {
	if j >= len(r) || r[j] != '号' {
		return false
	}
	after := string(r[j:min(len(r), j+3)])
	for _, w := range [...]string{"号灯", "号杆", "号路灯", "号电", "号井", "号桩", "号箱"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

// paintedBefore reports whether the words that end r make the number behind them one painted on a thing.
func paintedBefore(r []rune) bool {
	if len(r) == 0 {
		return false
	}
	switch r[len(r)-1] { // the road's name before a door's number is told apart at once
	case '号', '码', ':', '为', '是', '.':
	default:
		return false
	}
	before := string(r[max(0, len(r)-4):])
	for _, w := range [...]string{"编号", "编号:", "编码", "编码:", "箱编:", "编号为", "编号是", "号码", "no.", "杆号", "杆号:", "牌号"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// unknownCode returns what the text writes as a code or a painted number, as written; for a text in which none was found on file.
func (sc *scratch) unknownCode() string {
	r := sc.f.Runes
	for i := 0; i < len(r); {
		j, digits := i, 0
		for j < len(r) && codeRune(r[j]) {
			if text.Digit(r[j]) {
				digits++
			}
			j++
		}
		if n := j - i; digits == n && n >= 15 && n <= 17 || digits >= 2 && paintedBefore(r[:i]) {
			return sc.f.Original(i, j)
		}
		i = max(j, i+1)
	}
	return ""
}

// paintedCands finds a pole by the road the text names and the number painted on it: 光明西路22号灯杆 bears GMXL-022 where poles are numbered by
// the initials of their road, as most cities do. What is found must stand on that road.
func (g *Geocoder) paintedCands(sc *scratch) {
	if sc.paintedE == 0 || g.bestScore(sc) > .9 {
		return
	}
	digits := strings.TrimLeft(string(sc.f.Runes[sc.paintedS:sc.paintedE]), "0")
	for i := range sc.phrases {
		p := &sc.phrases[i]
		if !p.has(entryRoad) {
			continue
		}
		g.phraseRoads(p, func(r onRoad, id int32, _ int) {
			name := []rune(text.Fold(g.roads[id].name))
			if spoken := numeralsBack(name); spoken != nil {
				name = spoken
			}
			_, initials := spell(name)
			for zeros := ""; len(zeros) < 4; zeros += "0" {
				sc.comps = g.comps.find([]rune(initials+zeros+digits), sc.comps[:0])
				for _, rec := range sc.comps {
					if g.roadDistance(id, rec.at) > 60 {
						continue
					}
					c := newCand(levelComponent, rec.at, 1)
					c.comp = rec
					c.fault(faultLabel, .04)
					g.addOnRoad(sc, c, r)
				}
			}
		})
	}
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
	if paintedBefore(r[:i]) {
		return .02
	}
	if paintedAfter(r, j) {
		return .04
	}
	for k := range sc.all { // 路灯0123
		m := &sc.all[k]
		if int(m.e) == i && m.entries[0].kind == entryClass {
			return .04
		}
	}
	return -1
}
