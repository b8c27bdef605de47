package index

import "slices"

const marksPage = 1024

// Marks is a set of row numbers, copied on write page by page: what edits have taken out of a [Packed]. The zero value is empty.
type Marks struct {
	pages []*[marksPage / 64]uint64
	n     int
}

// Copy returns marks of the same rows that may be changed while m stays as it is.
func (m Marks) Copy() Marks {
	m.pages = slices.Clone(m.pages)
	return m
}

// Len returns the number of rows in it.
func (m *Marks) Len() int { return m.n }

// Has reports whether row i is in it.
func (m *Marks) Has(i int) bool {
	if m.n == 0 || i/marksPage >= len(m.pages) {
		return false
	}
	p := m.pages[i/marksPage]
	return p != nil && p[i%marksPage/64]>>(i%64)&1 != 0
}

// Near reports whether a row from lo to before hi, or one of the same page, is in it: false means that none of them is.
func (m *Marks) Near(lo, hi int) bool {
	if m.n == 0 || lo >= hi {
		return false
	}
	for k := lo / marksPage; k <= (hi-1)/marksPage && k < len(m.pages); k++ {
		if m.pages[k] != nil {
			return true
		}
	}
	return false
}

// Set adds row i. Only the owner of marks not yet handed on may call it.
func (m *Marks) Set(i int) {
	if m.Has(i) {
		return
	}
	if k := i/marksPage + 1; k > len(m.pages) {
		m.pages = append(m.pages, make([]*[marksPage / 64]uint64, k-len(m.pages))...)
	}
	p := new([marksPage / 64]uint64)
	if old := m.pages[i/marksPage]; old != nil {
		*p = *old
	}
	p[i%marksPage/64] |= 1 << (i % 64)
	m.pages[i/marksPage] = p
	m.n++
}
