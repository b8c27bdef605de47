package geocode

import "testing"

// TestBeginsToken asks tokenAt of every rune that tokenize passes over without asking: before whatever may follow it is noise.
func TestBeginsToken(t *testing.T) {
	sc := &scratch{pick: make([]int32, 16)}
	for i := range sc.pick {
		sc.pick[i] = -1
	}
	for r := rune(1); r < 0x10000; r++ {
		if beginsToken(r) {
			continue
		}
		for _, after := range []string{"", "东50米", "口", "校区", "2个路口", "边", "面", "叉口", "字路口", "汇处", "近", "过", "12号"} {
			for _, afterName := range []bool{false, true} {
				if tok := sc.tokenAt(append([]rune{r}, []rune(after)...), 0, afterName); tok.kind != tokNoise {
					t.Fatalf("%c%s is token %d, which tokenize would not see", r, after, tok.kind)
				}
			}
		}
	}
}
