package deflate

// tree finds the lengths of Huffman codes.
type tree struct {
	sorted, other [literals]uint32 // count<<9 | symbol, by count
	nodes         [literals]uint32
}

// lengths sets lens to the lengths of the best code for the counts, none longer than limit, 0 for symbols that do not occur. Counts are
// under 65,536. One symbol alone gets a length of 1, and none at all a code for the first.
func (t *tree) lengths(counts []uint32, lens []uint8, limit int) {
	clear(lens)
	n := 0
	most := uint32(0)
	for i, c := range counts {
		if c > 0 {
			t.sorted[n] = c<<9 | uint32(i)
			most = max(most, c)
			n++
		}
	}
	if n < 2 {
		if n == 0 {
			lens[0] = 1
		} else {
			lens[t.sorted[0]&511] = 1
		}
		return
	}
	sorted := t.sort(n, most)
	depth := t.depths(sorted)
	var count [64]int
	for _, d := range depth {
		count[min(d, 63)]++
	}
	shorten(&count, limit)
	i := n // the rarest come first and get the longest
	for d := 1; d <= limit; d++ {
		for range count[d] {
			i--
			lens[sorted[i]&511] = uint8(d)
		}
	}
}

// sort orders the first n by count, by digits of 8 bits.
func (t *tree) sort(n int, most uint32) []uint32 {
	from, to := t.sorted[:n], t.other[:n]
	for shift := uint(9); most > 0; shift, most = shift+8, most>>8 {
		var at [257]uint16
		for _, v := range from {
			at[v>>shift&255+1]++
		}
		for i := range min(most, 255) { // no digit is larger
			at[i+1] += at[i]
		}
		for _, v := range from {
			k := v >> shift & 255
			to[at[k]] = v
			at[k]++
		}
		from, to = to, from
	}
	return from
}

// depths returns the depth of each leaf, from the deepest on: Moffat and Katajainen's way, in place.
func (t *tree) depths(sorted []uint32) []uint32 {
	n := len(sorted)
	a := t.nodes[:n]
	for i, v := range sorted {
		a[i] = v >> 9
	}
	// Pair the two lightest again and again: a[i] is first a weight, then the parent of node i.
	root, leaf := 0, 0
	for next := range n - 1 {
		for k := range 2 {
			var w uint32
			if leaf >= n || root < next && a[root] < a[leaf] {
				w = a[root]
				a[root] = uint32(next)
				root++
			} else {
				w = a[leaf]
				leaf++
			}
			if k == 0 {
				a[next] = w
			} else {
				a[next] += w
			}
		}
	}
	// Depths of inner nodes, from the root down.
	a[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		a[i] = a[a[i]] + 1
	}
	// Depths of leaves: what places inner nodes leave at each depth.
	inner, next := n-2, n-1
	for free, depth := 1, uint32(0); free > 0; depth++ {
		used := 0
		for inner >= 0 && a[inner] == depth {
			used++
			inner--
		}
		for ; free > used; free-- {
			a[next] = depth
			next--
		}
		free = 2 * used
	}
	return a
}

// shorten makes codes longer than limit as short, and as few others longer as that takes.
func shorten(count *[64]int, limit int) {
	for d := limit + 1; d < len(count); d++ {
		count[limit] += count[d]
		count[d] = 0
	}
	total := 0
	for d := 1; d <= limit; d++ {
		total += count[d] << (limit - d)
	}
	for ; total > 1<<limit; total-- {
		count[limit]--
		for d := limit - 1; ; d-- {
			if count[d] > 0 {
				count[d]--
				count[d+1] += 2
				break
			}
		}
	}
}
