package geocode

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/encoding/simplifiedchinese"

	"wanmi/geocode/text"
)

// alike lists characters taken for one another by a tired eye or a scanner, a group a word.
var alike = strings.Fields(`北比此 号兮另 市巾布 区巨匹 台合吉 路骆洛 万方力 大太犬 段叚般 街衔术 同间问 巷港恭 西酉四 园圆团 楼搂数 口囗日
民氏良 南喃楠 平乎干 德得 重童董 庆厌床 弄弃异 前剪煎 之乏 河何可 承丞蒸 旁傍磅 昌冒唱 延廷建 环坏怀 中申巾 道遒首 长卡张 对时村 面而 公分么
武式贰 宁亍字 成戊戌 和知禾 东车乐 州洲川 地他池 京凉 权杈仅 车东军 艋猛 舺鸭 安妥宴 兴光举 生主牛 箱厢葙 康庸唐 定疋 下卞不 双汉邓 吉古告 龙尤
族旅旋 青清责 藏臧 泰秦春 宝玉实 编骗偏 光先兆 场汤扬 汉汊仅 化代花 内肉 迪油迫 行衍 年午 莒营宫 桂挂佳 林材休 里理甲 阳阴 水永木 泉皇帛 实买头
际标 业亚 与写 塔搭 广厂 都部郁 桥轿侨 理埋 酒洒 城域诚 归旧 绥馁 贵责 富副 营莹 层屋 站沾 夏复厦 昆混 明朋 原愿 电申 峨蛾鹅 江汪 哈合 密蜜宓
郑邓 敦敲 煌惶 沙纱 址止 专传 用甩 开并 边辽 自白 保堡 锦绵 国围 眉肩 稻滔 埕程 门闩 忠思 孝考 封卦 及乃 交父 绿缘 源原 疏蔬 散撒 方万 游淤 牌脾
小少 人入 堤提 顺须 马鸟 町叮 叉又 天夫 球救 赤亦 峰蜂锋 库裤 伦论 捷睫 运远 出击 连莲 滨宾 角甬 停亭 第弟 福幅 宫官 防坊 全金 凉谅 外处 码妈
变恋 上土 租组 借惜 儿几 甘廿 临监 梧悟 新析 侧测 草早 备奋 设没 局居 灯打 近斤 速束 底低 建健 山出 左右 夜液 邻铃 壁璧 朝潮 格洛 雁鹰 板扳
洛络 谷容 警敬 察擦 银很 政故 直真 向同 高亮 玉王 仁仨 柳抑 寿春 漢汉`)

// homophones returns the 3,755 commonest characters by how they sound.
func homophones() map[string][]rune {
	by := map[string][]rune{}
	dec := simplifiedchinese.GBK.NewDecoder()
	for row := 0xB0; row <= 0xD7; row++ {
		for col := 0xA1; col <= 0xFE; col++ {
			s, err := dec.String(string([]byte{byte(row), byte(col)}))
			r := []rune(s)
			if err != nil || len(r) != 1 || !text.Han(r[0]) {
				continue
			}
			for _, p := range pinyin.SinglePinyin(r[0], pinyin.NewArgs()) {
				by[p] = append(by[p], r[0])
			}
		}
	}
	return by
}

// slip puts one wrong character into a text: instead is what one may be taken for. Numerals stay, for another number is another
// place. Only the characters of within are open to it, all when that is "". ok is false when there is none to mistake.
func slip(rng *rand.Rand, s, within string, instead func(rune) []rune) (string, bool) {
	r := []rune(s)
	from, to := 0, len(r)
	if i := strings.Index(s, within); within != "" && i >= 0 {
		from = len([]rune(s[:i]))
		to = from + len([]rune(within))
	}
	for _, i := range rng.Perm(len(r)) {
		if i < from || i >= to || !text.Han(r[i]) || strings.ContainsRune("零〇一二三四五六七八九十百兩两", r[i]) {
			continue
		}
		own := []rune(text.Fold(string(r[i])))
		if len(own) != 1 {
			continue
		}
		wrong := slices.DeleteFunc(slices.Clone(instead(own[0])), func(w rune) bool { return w == own[0] || w == r[i] })
		if len(wrong) > 0 {
			r[i] = wrong[rng.IntN(len(wrong))]
			return string(r), true
		}
	}
	return s, false
}

// soundAlike and lookAlike are the ways of going wrong: a homophone as an input method or a recogniser of speech picks it, a similar
// shape as an eye or a scanner does.
func soundAlike() func(rune) []rune {
	by := homophones()
	return func(r rune) []rune {
		var out []rune
		for _, p := range pinyin.SinglePinyin(r, pinyin.NewArgs()) {
			out = append(out, by[p]...)
		}
		return out
	}
}

func lookAlike() func(rune) []rune {
	by := map[rune][]rune{}
	for _, g := range alike {
		for _, r := range g {
			by[r] = append(by[r], []rune(g)...)
		}
	}
	return func(r rune) []rune { return by[r] }
}

// TestTaipeiTypos puts one wrong character into each of the real texts, anywhere in it and again in the name of its road, three times
// over, and compares how many are still placed within 100 m. The even rows may be looked at, the odd ones are only counted.
func TestTaipeiTypos(t *testing.T) {
	g, rows := taipei(t)
	right := func(s string, p placeText) bool {
		a, err := g.Search(context.Background(), Query{Text: s, Size: 1})
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		return len(a.Places) > 0 && g.fr.to(a.Places[0].Point).dist(g.fr.to(p.at)) <= 100
	}
	clean, names := make([]bool, len(rows)), make([]string, len(rows))
	for i, p := range rows {
		clean[i] = right(p.text, p)
		names[i] = roadName(t, g, p.text)
	}
	for _, way := range []struct {
		name    string
		instead func(rune) []rune
	}{{"homophone", soundAlike()}, {"similar shape", lookAlike()}} {
		for _, where := range []string{"anywhere", "in the road's name"} {
			for seed := uint64(1); seed <= 3; seed++ {
				rng := rand.New(rand.NewPCG(seed, 7))
				var was, is, n [2]int
				slipped := 0
				for i, p := range rows {
					name := ""
					if where != "anywhere" {
						name = names[i]
					}
					s, ok := slip(rng, p.text, name, way.instead)
					if ok {
						slipped++
					}
					h, still := p.row%2, right(s, p)
					n[h]++
					if clean[i] {
						was[h]++
					}
					if still {
						is[h]++
					}
					if h == 0 && clean[i] && !still && dumpMisses() {
						t.Logf("%s: %q for %q: %s", way.name, s, p.text, first(t, g, s))
					}
				}
				lost := pct(was[0]+was[1]-is[0]-is[1], n[0]+n[1])
				t.Logf("%s %s, seed %d, in %d texts of %d: %.2f %% still right (even %.2f %%, odd %.2f %%), %.2f points lost", way.name, where, seed,
					slipped, len(rows), pct(is[0]+is[1], n[0]+n[1]), pct(is[0], n[0]), pct(is[1], n[1]), lost)
				if lost > 3 {
					t.Errorf("%s %s, seed %d: one wrong character loses %.2f points, want at most 3", way.name, where, seed, lost)
				}
			}
		}
	}
}

// roadName returns the words of the text that are taken for the road of its place, "" when none are.
func roadName(t *testing.T, g *Geocoder, s string) string {
	a, err := g.Search(context.Background(), Query{Text: s, Size: 1})
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	for _, p := range a.Places {
		for _, r := range p.Reasons {
			if r.Use == "road" {
				return r.Word
			}
		}
	}
	return ""
}

// first says in a line what is answered to a text.
func first(t *testing.T, g *Geocoder, s string) string {
	a, err := g.Search(context.Background(), Query{Text: s, Size: 1})
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	for _, p := range a.Places {
		return fmt.Sprintf("%s %s %.2f %v", p.Level, p.Label, p.Score, p.Faults)
	}
	return "nothing"
}
