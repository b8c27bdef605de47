package grids

// heapItem is a node seen, with the length of the way to it.
type heapItem struct {
	k float64
	v int32
}

func (x heapItem) less(y heapItem) bool { return x.k < y.k || (x.k == y.k && x.v < y.v) }

// minHeap is a heap of four children a node: half as deep as one of two, and the four lie in one line of the cache.
type minHeap []heapItem

func (h *minHeap) push(x heapItem) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !x.less(s[p]) {
			break
		}
		s[i] = s[p]
		i = p
	}
	s[i] = x
	*h = s
}

func (h *minHeap) pop() heapItem {
	s := *h
	n := len(s) - 1
	r, x := s[0], s[n]
	s = s[:n]
	*h = s
	if n == 0 {
		return r
	}
	i := 0
	for {
		c := 4*i + 1
		if c >= n {
			break
		}
		m := c
		for k := c + 1; k < min(c+4, n); k++ {
			if s[k].less(s[m]) {
				m = k
			}
		}
		if !s[m].less(x) {
			break
		}
		s[i] = s[m]
		i = m
	}
	s[i] = x
	return r
}
