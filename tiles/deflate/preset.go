package deflate

// presetLens are the lengths of the preset code, a hexadecimal digit each: of the 286 literals and lengths, then of the 30 distances. They fit the tiles of
// zooms 12 to 17 of the synthetic city (`wanmi demo`): the counts of its roads, cells and buildings weigh alike, and no symbol is rarer than 1 in 10,000.
const presetLens = "" +
	"5455666755577876885888787768888988599999898999997777888889899999789aabaaabaaabbbbaaaaaaaabababb9b7a8878a98aa8898ba8889aa9aabcbb8" +
	"799999999999899899999a98989a9a99a99a999a999a999899999a979a999a999a9aaa9a9a9a8a9a9a9a9a9aaaaa9a9a9a9a878978aa9aaa9a9aaaaaaaaaaaaa" +
	"add6789898aa99dddddddddddddddd799999765424343445567789999988"

// What is written by the preset code: no counts, no trees, 40 % of the time. It takes 4 to 7 % more bytes than a code of its own; of tiles that are larger,
// or that it does not fit, more, and they get their own.
const (
	presetMost = 16_000 // bytes
	presetFit  = 4      // of so many parts of the bytes one must be saved
)

// preset is never changed once it is made.
var preset = newPreset()

func newPreset() *coder {
	c := new(coder)
	for i := range presetLens {
		d := presetLens[i] - '0'
		if d > 9 {
			d = presetLens[i] - 'a' + 10
		}
		c.lens[i] = d
	}
	c.assign()
	return c
}

// byPreset writes the one block of a small input; false when the code does not fit it, and nothing is written.
func (w *Writer) byPreset(b *bitWriter, src []byte) bool {
	before := *b
	preset.header(b, true)
	w.encode(b, src, preset)
	if len(b.out)-len(before.out) > len(src)-len(src)/presetFit {
		*b = before
		return false
	}
	return true
}
