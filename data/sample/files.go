package sample

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"

	"wanmi/data/sample/internal/shpw"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// The folders of a delivery.
const (
	baseDir  = "01基础地理数据"
	partDir  = "02部件普查成果"
	placeDir = "03地理编码数据"
	orgDir   = "04部门与案件"
)

const prj4548 = `PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`

// stamp is the time of every file inside an archive: the same city gives the same bytes.
var stamp = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const readme = `这是一座虚构的城市。本目录中的道路、建筑、地名、门牌、部门、部件、案件和报告均由程序按随机种子生成，
不是测绘成果，与任何真实地点、单位和个人无关。坐标位于 370883 县域内（东经 116.97°、北纬 35.40° 附近）仅为使编码和坐标系具有真实形式。

This city is synthetic. Roads, buildings, names, house numbers, departments, components, cases and reports were made
by a program from a seed; nothing was surveyed and nothing describes a real place, body or person.

manifest.json  the order of import, and which rows are wrong on purpose
reports.csv    reports as people write them (id, text)
truth.csv      where each report really is and what is wrong there; not for import
`

// writer collects what is written.
type writer struct {
	c   *City
	dir string
	m   Manifest
	err error
}

// WriteFiles writes the city into dir as cities deliver their data, with manifest.json. It makes dir.
func (c *City) WriteFiles(dir string) (Manifest, error) {
	w := &writer{c: c, dir: dir, m: Manifest{
		Synthetic: true, Config: c.cfg, Truth: "truth.csv", Reports: "reports.csv", Counts: map[string]int{}, Bad: []BadRow{},
	}}
	w.base()
	w.departments()
	w.step("grid", nil, "build")
	w.components()
	w.doors()
	w.pois()
	w.cases()
	w.reports()
	w.bytes("README.txt", []byte(readme))
	for _, b := range w.m.Bad {
		if b.Rejected {
			w.m.BadRows++
		}
	}
	j, err := json.MarshalIndent(w.m, "", "  ")
	if err != nil {
		return w.m, fmt.Errorf("sample: manifest: %w", err)
	}
	w.bytes("manifest.json", append(j, '\n'))
	return w.m, w.err
}

func (w *writer) step(layer string, files []string, args ...string) {
	if files == nil {
		files = []string{}
	}
	w.m.Imports = append(w.m.Imports, Import{Layer: layer, Files: files, Args: args})
}

func (w *writer) bad(file string, row int, what string, rejected bool) {
	w.m.Bad = append(w.m.Bad, BadRow{file, row, what, rejected})
}

// bytes writes one file; after an error it does nothing.
func (w *writer) bytes(name string, b []byte) {
	if w.err != nil {
		return
	}
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err = os.MkdirAll(filepath.Dir(path), 0o755); w.err == nil {
		w.err = os.WriteFile(path, b, 0o644)
	}
	if w.err != nil {
		w.err = fmt.Errorf("sample: %s: %w", name, w.err)
	}
}

type entryFile struct {
	name string
	data []byte
}

func (w *writer) zip(name string, files []entryFile) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		e, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: stamp})
		if err == nil {
			_, err = e.Write(f.data)
		}
		if err != nil && w.err == nil {
			w.err = fmt.Errorf("sample: %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil && w.err == nil {
		w.err = fmt.Errorf("sample: %s: %w", name, err)
	}
	w.bytes(name, b.Bytes())
}

// shape returns the files of one shapefile, stem without ending.
func (w *writer) shape(stem string, kind int, fields []shpw.Field, recs []shpw.Record) []entryFile {
	shp, shx, dbf, err := shpw.Encode(kind, fields, recs)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("sample: %s: %w", stem, err)
	}
	return []entryFile{{stem + ".shp", shp}, {stem + ".shx", shx}, {stem + ".dbf", dbf}, {stem + ".prj", []byte(prj4548)}, {stem + ".cpg", []byte("GBK")}}
}

func (w *writer) csv(name string, gbk bool, rows [][]string) {
	var b bytes.Buffer
	var out io.Writer = &b
	if gbk {
		out = simplifiedchinese.GBK.NewEncoder().Writer(&b)
	}
	c := csv.NewWriter(out)
	if err := c.WriteAll(rows); err != nil && w.err == nil {
		w.err = fmt.Errorf("sample: %s: %w", name, err)
	}
	w.bytes(name, b.Bytes())
}

// xlsx writes a register: a title row above the heading, as offices make them. Cells are text, or numbers (float64).
func (w *writer) xlsx(name, sheet, title string, rows [][]any) {
	f := excelize.NewFile()
	defer f.Close()
	fail := func(err error) {
		if err != nil && w.err == nil {
			w.err = fmt.Errorf("sample: %s: %w", name, err)
		}
	}
	fail(f.SetSheetName("Sheet1", sheet))
	s, err := f.NewStreamWriter(sheet)
	if err != nil {
		fail(err)
		return
	}
	k := 1
	if title != "" {
		fail(s.SetRow("A1", []any{title}))
		k = 2
	}
	for i, r := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+k)
		fail(err)
		fail(s.SetRow(cell, r))
	}
	fail(s.Flush())
	var b bytes.Buffer
	fail(f.Write(&b))
	w.repack(name, b.Bytes())
}

// repack writes a workbook's parts by name and with a fixed time, so that its bytes depend on its contents only.
func (w *writer) repack(name string, b []byte) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		if w.err == nil {
			w.err = fmt.Errorf("sample: %s: %w", name, err)
		}
		return
	}
	var files []entryFile
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			w.err = err
			return
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			w.err = err
			return
		}
		files = append(files, entryFile{f.Name, data})
	}
	sort.Slice(files, func(i, j int) bool { // the content types come first by custom
		a, z := files[i].name, files[j].name
		if (a == "[Content_Types].xml") != (z == "[Content_Types].xml") {
			return a == "[Content_Types].xml"
		}
		return a < z
	})
	w.zip(name, files)
}
