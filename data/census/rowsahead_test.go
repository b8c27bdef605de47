package census

import (
	"errors"
	"slices"
	"strconv"
	"testing"
)

func TestRowsAhead(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{0, 1, batchRows, batchRows + 1, 10 * batchRows} {
		for _, stop := range []int{-1, 0, 1, n / 2, n - 1} {
			ended := false
			values := make([]string, 2) // used again for every row, as readers do
			read := func(yield func(Row, error) bool) {
				defer func() { ended = true }()
				for i := range n {
					values[0], values[1] = strconv.Itoa(i), "x"
					if !yield(Row{Num: int64(i), Values: values}, nil) {
						return
					}
				}
				yield(Row{}, broken)
			}
			i, got := 0, error(nil)
			for row, err := range rowsAhead(read, nil) {
				if err != nil {
					got = err
					break
				}
				if row.Num != int64(i) || !slices.Equal(row.Values, []string{strconv.Itoa(i), "x"}) {
					t.Fatalf("%d rows, row %d: got %v", n, i, row)
				}
				if i++; i-1 == stop {
					break
				}
			}
			if !ended {
				t.Fatalf("%d rows, stopped at %d: the reading goes on", n, stop)
			}
			if whole := stop < 0 || stop >= n; whole && (i != n || !errors.Is(got, broken)) {
				t.Errorf("%d rows: got %d, %v", n, i, got)
			}
		}
	}
}
