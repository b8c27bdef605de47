package census

import (
	"encoding/binary"
	"strings"
)

// fieldWords are the texts of a field that came so far. A field of too many different ones goes without.
type fieldWords struct {
	at   map[string]uint32
	all  []any
	off  bool
	last []lastWord // those that came lately, by slotOf
	any  bool       // a feature has a value in the field
}

type lastWord struct {
	s string
	n uint32
}

const (
	mostWords  = 1 << 16
	firstWords = 1 << 13 // when half of the rows so far brought a new one, few come again
)

func (p *pack) addText(b []byte, field int, v string) []byte {
	w := &p.words[field]
	w.begin()
	if !w.off {
		slot := &w.last[slotOf(v)]
		if slot.s == v && v != "" {
			return binary.AppendUvarint(append(b, packWord), uint64(slot.n))
		}
		if n, ok := w.at[v]; ok {
			*slot = lastWord{v, n}
			return binary.AppendUvarint(append(b, packWord), uint64(n))
		}
		if w.room(len(p.refs)) {
			return binary.AppendUvarint(append(b, packWord), uint64(w.learn(strings.Clone(v))))
		}
	}
	return append(binary.AppendUvarint(append(b, packText), uint64(len(v))), v...)
}

// addBytes is addText of bytes that are not the pack's.
func (p *pack) addBytes(b []byte, field int, v []byte) []byte {
	w := &p.words[field]
	w.begin()
	if !w.off {
		slot := &w.last[slotOfBytes(v)]
		if slot.s == string(v) && len(v) > 0 {
			return binary.AppendUvarint(append(b, packWord), uint64(slot.n))
		}
		if n, ok := w.at[string(v)]; ok {
			*slot = lastWord{w.all[n].(string), n}
			return binary.AppendUvarint(append(b, packWord), uint64(n))
		}
		if w.room(len(p.refs)) {
			return binary.AppendUvarint(append(b, packWord), uint64(w.learn(string(v))))
		}
	}
	return append(binary.AppendUvarint(append(b, packText), uint64(len(v))), v...)
}

func (w *fieldWords) begin() {
	w.any = true
	if w.at == nil && !w.off {
		w.at, w.last = map[string]uint32{}, make([]lastWord, slots)
	}
}

func (w *fieldWords) learn(own string) uint32 {
	n := uint32(len(w.all))
	w.at[own] = n
	w.all = append(w.all, own)
	return n
}

// room reports whether another word is to be learnt. When few come again, looking for them is given up.
func (w *fieldWords) room(rows int) bool {
	n := len(w.all)
	if n == firstWords && rows < 2*firstWords || n == mostWords && rows < 4*mostWords {
		w.off, w.at, w.last = true, nil, nil
	}
	return !w.off && n < mostWords
}
