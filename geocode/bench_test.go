package geocode

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// cpuPerOp reports the processor time of the process per operation: on a busy machine the wall clock says little.
func cpuPerOp(b *testing.B, run func(i int)) {
	b.Helper()
	var from, to syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &from)
	n := 0
	for ; b.Loop(); n++ {
		run(n)
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &to)
	b.ReportMetric(float64(to.Utime.Nano()-from.Utime.Nano()+to.Stime.Nano()-from.Stime.Nano())/float64(n), "cpu-ns/op")
}

// BenchmarkSearch runs over 150,000 real address points (every row of the delivery, floors too).
func BenchmarkSearch(b *testing.B) {
	dir := dataDir(b, "taipei_west")
	m := taipeiCorpus(b, dir)
	m["door"] = nil
	addDoors(b, m, dir+"/places/addresses.csv.gz", true)
	start := time.Now()
	g, err := Build(context.Background(), m, Config{Admin: []string{"臺北市"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d doors built in %v", len(g.plates), time.Since(start))
	kinds := map[string][]string{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		d := g.src.doors[rng.IntN(len(g.src.doors))]
		kinds["door"] = append(kinds["door"], value(d.road)+value(d.number)+"號")
		kinds["door_noise"] = append(kinds["door_noise"], "您好，"+d.address+"門前路燈不亮，請儘快處理")
		c := g.crosses[rng.IntN(len(g.crosses))]
		kinds["intersection"] = append(kinds["intersection"], g.roads[c.a].name+"與"+g.roads[c.b].name+"路口東50公尺路北路燈不亮")
		kinds["typo"] = append(kinds["typo"], "東"+string([]rune(value(d.road))[1:])+value(d.number)+"號")
	}
	for _, k := range []string{"door", "door_noise", "intersection", "typo"} {
		b.Run(k, func(b *testing.B) {
			b.ReportAllocs()
			cpuPerOp(b, func(i int) {
				if _, err := g.Search(context.Background(), Query{Text: kinds[k][i%2000], Size: 1}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
	b.Run("reverse", func(b *testing.B) {
		cpuPerOp(b, func(i int) {
			_, _ = g.Reverse(context.Background(), g.fr.from(g.src.doors[i*7%len(g.src.doors)].at), ReverseQuery{Size: 5})
		})
	})
	b.Run("autocomplete", func(b *testing.B) {
		texts := []string{"萬", "萬大", "和平西", "wdl", "hpxl", "chongqing", "西園路2"}
		cpuPerOp(b, func(i int) {
			_, _ = g.Autocomplete(context.Background(), Query{Text: texts[i%len(texts)], Size: 10})
		})
	})
}

// BenchmarkPOI misspells one character of one of 350,000 points of interest.
func BenchmarkPOI(b *testing.B) {
	m := memCorpus{}
	rng := rand.New(rand.NewPCG(1, 2))
	words := []rune("东西南北中大小新华夏春秋冬日月星河江海湖山林木金石玉龙凤虎鹤松竹梅兰菊福禄寿喜安康宁和平顺利兴隆昌盛永恒天地人文明德仁义礼智信")
	kinds := []string{"超市", "药店", "小学", "中学", "医院", "银行", "宾馆", "饭店", "花园", "小区", "大厦", "广场"}
	for range 350_000 {
		n := string([]rune{words[rng.IntN(len(words))], words[rng.IntN(len(words))], words[rng.IntN(len(words))]}) + kinds[rng.IntN(len(kinds))]
		m.put("poi", at(rng.Float64()*10000, rng.Float64()*10000), "name", n)
	}
	start := time.Now()
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d points of interest, %d names, built in %v", len(g.src.pois), len(g.grams.names), time.Since(start))
	var texts []string
	for range 1000 {
		r := []rune(g.src.pois[rng.IntN(len(g.src.pois))].name)
		r[rng.IntN(3)] = words[rng.IntN(len(words))]
		texts = append(texts, "反映"+string(r)+"门口垃圾没人清理")
	}
	b.Run("typo", func(b *testing.B) {
		cpuPerOp(b, func(i int) { _, _ = g.Search(context.Background(), Query{Text: texts[i%1000], Size: 5}) })
	})
	b.Run("exact", func(b *testing.B) {
		cpuPerOp(b, func(i int) {
			_, _ = g.Search(context.Background(), Query{Text: "反映" + g.src.pois[i*31%350_000].name + "门口垃圾没人清理", Size: 5})
		})
	})
}

// manyComponents is a town's corpus with n components more, made as they are read.
type manyComponents struct {
	memCorpus
	n      int
	labels bool
}

func (m manyComponents) Features(ctx context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	if layer != "component" {
		return m.memCorpus.Features(ctx, layer, b)
	}
	return func(yield func(gis.Feature, error) bool) {
		names := []string{"路灯", "井盖", "行道树", "公交站亭", "雨水箅子", "配电箱", "交通信号灯", "垃圾箱"}
		for i := range m.n {
			f := gis.NewFeature(gis.MustLayer("component"))
			f.Key = fmt.Sprintf("370883%04d%06d", i%60, i)
			f.Geom = at(float64(i%1000), float64(i/1000))
			f.SetText("name", names[i%len(names)])
			f.SetText("class", fmt.Sprintf("%04d", i%60))
			f.SetText("community_code", fmt.Sprintf("370883%03d%03d", i%16, i%400))
			f.SetText("community_name", fmt.Sprintf("第%d社区", i%400))
			f.SetText("street_name", fmt.Sprintf("第%d街道", i%16))
			if m.labels {
				f.SetText("label", fmt.Sprintf("LD-%07d", i))
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// BenchmarkComponents builds a geocoder of 1,000,000 components and tells what they take in memory.
//
//	go test ./geocode -run '^$' -bench Components -benchtime 1x
func BenchmarkComponents(b *testing.B) {
	for name, labels := range map[string]bool{"plain": false, "labelled": true} {
		b.Run(name, func(b *testing.B) {
			var before, after runtime.MemStats
			m := manyComponents{town(), 1_000_000, labels}
			var g *Geocoder
			runtime.GC()
			runtime.ReadMemStats(&before)
			cpuPerOp(b, func(int) {
				var err error
				if g, err = Build(context.Background(), m, townConfig, nil); err != nil {
					b.Fatal(err)
				}
			})
			runtime.GC()
			runtime.GC() // strings interned and given up go with the second
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(m.n), "heap-bytes/component")
			runtime.KeepAlive(g)
		})
	}
}

// BenchmarkApplyComponent edits one of 1,000,000 components.
func BenchmarkApplyComponent(b *testing.B) {
	m := manyComponents{town(), 1_000_000, true}
	g, err := Build(context.Background(), m, townConfig, nil)
	if err != nil {
		b.Fatal(err)
	}
	f := m.memCorpus["component"][0].Clone()
	worst := time.Duration(0)
	b.ReportAllocs()
	cpuPerOp(b, func(i int) {
		f.Key = fmt.Sprintf("370883%04d%06d", i%60, i%1_000_000)
		start := time.Now()
		if g, err = g.Apply(context.Background(), []Update{{Layer: "component", Key: f.Key, New: &f}}); err != nil {
			b.Fatal(err)
		}
		worst = max(worst, time.Since(start))
	})
	b.ReportMetric(float64(worst.Microseconds()), "worst-us")
}

// BenchmarkFold folds changes into 1,000,000 components, as happens beside the edits after every overlayMax of them.
func BenchmarkFold(b *testing.B) {
	g, err := Build(context.Background(), manyComponents{town(), 1_000_000, true}, townConfig, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{overlayMax, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o := &overlay{recs: make(map[string]*compRec)}
			for i := range n {
				key := fmt.Sprintf("370883%04d%06d", i%60, i*7%1_000_000)
				o.recs[key] = &compRec{key: key, name: "路灯", label: fmt.Sprintf("LX-%d", i)}
			}
			cpuPerOp(b, func(int) { g.comps.base.with([]*overlay{o}) })
		})
	}
}

// longUnits are what long hostile texts repeat.
var longUnits = []string{
	"太平东路", "路", "1", "12号", "东50米", "太平东路与", "普洋路", "巷", "公厕", "三", "a", "LD-0123 ", "116.98,35.4 ", "太平东路12号",
	"普阳路往北第2个路口", "火星路与", "puyanglu", "唐湖王公园", "匡衡路口", "普阳路桥下", "普阳路7号灯杆", "从太平东路到匡衡路之间",
}

// BenchmarkLongText is 512 characters of each hostile text.
func BenchmarkLongText(b *testing.B) {
	g := buildTown(b)
	for _, unit := range longUnits {
		text := longText(unit)
		b.Run(unit, func(b *testing.B) {
			cpuPerOp(b, func(int) { _, _ = g.Search(context.Background(), Query{Text: text}) })
		})
	}
}
