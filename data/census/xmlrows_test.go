package census

import (
	"strings"
	"testing"

	"wanmi/gis"

	"github.com/paulmach/orb/encoding/wkt"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const kmlSample = `<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document id="root"><name>普查</name><Style id="s"><IconStyle/></Style>
<Folder><name>市政</name><Folder><name>路灯</name>
<Placemark id="p1"><name>LD-1</name><styleUrl>#s</styleUrl><ExtendedData><Data name="地址"><displayName>x</displayName><value>铁山街1号</value></Data></ExtendedData><Point><coordinates>116.97, 35.40, 12.5</coordinates></Point></Placemark>
</Folder></Folder>
<Folder><name>井盖</name>
<Placemark><name>JG-1</name><ExtendedData><SchemaData schemaUrl="#x"><SimpleData name="地址">铁山街2号</SimpleData></SchemaData></ExtendedData><MultiGeometry><Point><coordinates>116.98,35.41</coordinates></Point></MultiGeometry></Placemark>
<Placemark><description><![CDATA[<html><table><tr><td>编号</td><td>7 &amp; 8</td></tr><tr><td>状态</td><td>&lt;Null&gt;</td></tr></table></html>]]></description><Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 4,0 4,4 0,0</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark>
<Placemark><name>线</name><LineString><coordinates>0,0
1,1,5</coordinates></LineString></Placemark><Placemark><name>轨</name><gx:Track><when>2026</when><gx:coord>1 2 3</gx:coord><gx:coord>2 3 3</gx:coord></gx:Track></Placemark>
<Placemark><name>坏</name><Point><coordinates>a,b</coordinates></Point></Placemark><Placemark><name>混</name><MultiGeometry><Point><coordinates>1,1</coordinates></Point><LineString><coordinates>0,0 1,1</coordinates></LineString></MultiGeometry></Placemark>
</Folder></Document></kml>`

const gmlSample = `<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">
<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4490"><gml:lowerCorner>35 116</gml:lowerCorner></gml:Envelope></gml:boundedBy>
<ogr:featureMember><ogr:路灯 gml:id="l.1"><ogr:geom><gml:Point srsName="urn:ogc:def:crs:EPSG::4490"><gml:pos>35.4 116.97</gml:pos></gml:Point></ogr:geom><ogr:编号>LD-1</ogr:编号><ogr:单位><ogr:名称>城管局</ogr:名称></ogr:单位></ogr:路灯></ogr:featureMember>
<ogr:featureMember><ogr:路灯 gml:id="l.2"><ogr:geom><gml:Point><gml:coordinates>35.41,116.98</gml:coordinates></gml:Point></ogr:geom></ogr:路灯></ogr:featureMember>
<gml:member><ogr:地块 gml:id="d.1"><ogr:geom><gml:MultiSurface srsName="EPSG:4548" srsDimension="3"><gml:surfaceMember><gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior><gml:LinearRing><gml:posList>0 0 1 4 0 1 4 4 1 0 0 1</gml:posList></gml:LinearRing></gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface></gml:surfaceMember></gml:MultiSurface></ogr:geom></ogr:地块></gml:member>
<gml:member><ogr:地块 gml:id="d.2"><ogr:geom><gml:Curve srsName="EPSG:4548"><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1</gml:posList></gml:LineStringSegment><gml:LineStringSegment><gml:posList>1 1 2 0</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></ogr:geom></ogr:地块></gml:member>
<gml:member><ogr:地块 gml:id="d.3"><ogr:geom><gml:Curve><gml:segments><gml:Arc><gml:posList>0 0 1 1 2 0</gml:posList></gml:Arc></gml:segments></gml:Curve></ogr:geom></ogr:地块></gml:member>
</ogr:FeatureCollection>`

// dump writes tables as text: name suffix, columns, and for every row values and WKT.
func dump(t *testing.T, file string) string {
	t.Helper()
	rs, err := OpenAll(file, ReadOptions{})
	if err != nil {
		return "error " + err.Error()
	}
	var b strings.Builder
	for _, r := range rs {
		b.WriteString(strings.TrimPrefix(r.Name(), file) + ":" + strings.Join(r.Columns(), "|") + "\n")
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString(strings.Join(row.Values, "|"))
			switch {
			case row.Err != nil:
				b.WriteString(" ERR")
			case row.Geom != nil:
				b.WriteString(" " + wkt.MarshalString(row.Geom))
			}
			b.WriteByte('\n')
		}
		_ = r.Close()
	}
	return b.String()
}

func TestKML(t *testing.T) {
	const want = `:@id|name|地址|folder|folder_path|编号
p1|LD-1|铁山街1号|路灯|市政/路灯| POINT(116.97 35.4)
|JG-1|铁山街2号|井盖|| POINT(116.98 35.41)
|||井盖||7 & 8 POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))
|线||井盖|| LINESTRING(0 0,1 1)
|轨||井盖|| LINESTRING(1 2,2 3)
|坏||井盖|| ERR
|混||井盖|| ERR
`
	gbk := encode(t, simplifiedchinese.GBK, strings.Replace(kmlSample, `encoding="UTF-8"`, `encoding="GBK"`, 1))
	for name, body := range map[string][]byte{
		"a.kml": []byte(kmlSample), "gbk.kml": gbk, "a.kml.gz": gz([]byte(kmlSample)),
		"a.kmz": zipped(t, map[string][]byte{"doc.kml": []byte(kmlSample), "files/icon.png": []byte("\x89PNG\x00")}),
	} {
		got := dump(t, temp(t, name, body))
		if got = strings.TrimPrefix(got, "!doc.kml"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestGML(t *testing.T) {
	const want = `!路灯:@id|编号|单位.名称
l.1|LD-1|城管局 POINT(116.97 35.4)
l.2|| POINT(116.98 35.41)
!地块:@id
d.1 POLYGON((0 0,4 0,4 4,0 0))
d.2 LINESTRING(0 0,1 1,2 0)
d.3 ERR
`
	file := temp(t, "a.gml", []byte(gmlSample))
	if got := dump(t, file); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	rs, err := OpenAll(file, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, epsg := range []int{4490, 4548} {
		if c, how := rs[i].CRS(); c == nil || c.EPSG() != epsg {
			t.Errorf("table %d: %v %s, want EPSG:%d", i, c, how, epsg)
		}
	}
}

func TestXMLFaults(t *testing.T) {
	deep := strings.Repeat("<Folder>", 200)
	many := "<kml xmlns='http://www.opengis.net/kml/2.2'><Placemark>" + strings.Repeat("<a/>", maxXMLNodes+1) + "</Placemark></kml>"
	for name, c := range map[string]struct{ body, says string }{
		"cut.kml":   {kmlSample[:900], "breaks off"},
		"none.kml":  {"<kml xmlns='http://www.opengis.net/kml/2.2'/>", "holds no placemarks"},
		"links.kml": {"<kml xmlns='http://www.opengis.net/kml/2.2'><NetworkLink><Link><href>x</href></Link></NetworkLink></kml>", "only links"},
		"deep.kml":  {"<kml>" + deep, "too deep"},
		"many.kml":  {many, "too many elements"},
		"long.kml":  {"<kml><Placemark><name>" + strings.Repeat("x", 17<<20), "longer than the limit"},
		"cut.gml":   {gmlSample[:1200], "breaks off"},
		"x.html":    {"<html><body/></html>", "no kind that is read"},
	} {
		if _, err := OpenAll(temp(t, name, []byte(c.body)), ReadOptions{}); gis.KindOf(err) != gis.Rejected || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want Rejected with %q", name, err, c.says)
		}
	}
}
