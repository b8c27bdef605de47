package geocode

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFirstNumber looks for numbers there and not there in rows even and uneven; truth is the library's search.
func TestFirstNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	for row := range 3000 {
		nums := make([]number, r.IntN(60))
		for i := range nums {
			main := uint64(1 + r.IntN(1+row%200))
			if row%3 == 0 {
				main = uint64(i/(1+row%4) + 1)
			}
			if row%5 == 0 && i%7 == 0 {
				main *= 100
			}
			nums[i] = makeNumber(main, uint64(r.IntN(1+row%2*3)), 0)
		}
		slices.Sort(nums)
		for n := range number(250) {
			n = n<<24 | number(r.IntN(3))<<8
			if want, _ := slices.BinarySearch(nums, n); firstNumber(nums, n) != want {
				t.Fatalf("%v in %v: %d, want %d", n, nums, firstNumber(nums, n), want)
			}
		}
	}
}
