package census

import (
	"fmt"
	"regexp"
	"strings"

	"wanmi/gis"
)

// doorNumber is a house number taken apart.
type doorNumber struct {
	number   string // 12, 12-1, 12甲, 附3
	building string // 3号楼, 2单元
}

var (
	numberMark = regexp.MustCompile(`[号號]`)
	behindMark = regexp.MustCompile(`^(?:[之\-](\d+)|附(\d+))`)
	buildingOf = regexp.MustCompile(`(?:院)?([0-9A-Za-z甲乙丙丁东南西北]+(?:号楼|號樓|栋|棟|幢|座)(?:[0-9A-Za-z]+单元)?)`)
	floorOf    = regexp.MustCompile(`(?:地下)?(?:[0-9一二三四五六七八九十百BbFf]+)?(?:樓|楼|层|層|F|室).*$`)
	addrParts  = regexp.MustCompile(`^(?:\d{3,6})?(?:[^市县縣]{1,8}[市縣]|[^省]{1,8}省[^市]{1,8}市)?(?:[^区區县縣]{1,6}[区區县縣])?(?:[^街镇鎮乡鄉]{1,8}(?:街道|[镇鎮乡鄉]))?(?:[^里村社]{1,8}(?:里|村|社区))?(?:\d+[鄰邻])?(.+?)([0-9０-９]+(?:[之\-－][0-9０-９]+)*)[号號]`)
)

var numberMarks = strings.NewReplacer("之", "-", "－", "-", "—", "-", "–", "-", "_", "-")

// parseDoorNumber reads 2號二樓, 12之3號, 12号附3, 12号院3号楼2单元; floors are dropped: they share the door.
func parseDoorNumber(s string) doorNumber {
	s = strings.ReplaceAll(strings.TrimSpace(foldDigits(s)), " ", "")
	if s == "" {
		return doorNumber{}
	}
	head, tail := s, ""
	if at := numberMark.FindStringIndex(s); at != nil {
		head, tail = s[:at[0]], s[at[1]:]
	} else if i := floorOf.FindStringIndex(s); i != nil && i[0] > 0 {
		head = s[:i[0]]
	}
	var d doorNumber
	if strings.HasPrefix(tail, "楼") || strings.HasPrefix(tail, "樓") { // a building's plate
		d.building = head + "号楼"
		return d
	}
	d.number = numberMarks.Replace(chineseNumber(head))
	if m := behindMark.FindStringSubmatch(tail); m != nil {
		if m[1] != "" {
			d.number += "-" + m[1]
		} else {
			d.number += "附" + m[2]
		}
		tail = tail[len(m[0]):]
		tail = strings.TrimLeft(tail, "号號")
	}
	if m := buildingOf.FindStringSubmatch(tail); m != nil {
		d.building = m[1]
	}
	return d
}

// chineseNumber turns a number all written in Chinese (八十六) into digits; anything else stays.
func chineseNumber(s string) string {
	total, cur, n := 0, 0, 0
	for _, r := range s {
		n++
		switch {
		case r == '十':
			total, cur = total+max(cur, 1)*10, 0
		case r == '百':
			total, cur = total+max(cur, 1)*100, 0
		case strings.ContainsRune("〇零", r):
			cur = 0
		default:
			i := strings.IndexRune("一二三四五六七八九", r)
			if i < 0 {
				return s
			}
			cur = i/3 + 1
		}
	}
	if n == 0 || total+cur == 0 {
		return s
	}
	return fmt.Sprint(total + cur)
}

// finishDoor makes the door of a delivered address: road, number, and the address without the floor.
func (c *converter) finishDoor(rec *record) error {
	f := &rec.f
	address, road := strings.TrimSpace(foldDigits(f.Text("address"))), strings.TrimSpace(foldDigits(f.Text("road")))
	number := f.Text("number")
	if number == "" && address != "" {
		if m := addrParts.FindStringSubmatch(address); m != nil {
			if road == "" {
				road = m[1]
			}
			number = address[strings.LastIndex(address[:len(m[0])], m[2]):]
		}
	}
	d := parseDoorNumber(number)
	if d == (doorNumber{}) && address == "" {
		return &rowError{RuleMust, "number", f.Text("number"), "the row has neither a house number nor an address", "门牌号和地址均为空"}
	}
	if address == "" {
		address = road + d.number
		if d.number != "" && !strings.HasSuffix(d.number, "号") && !isASCII(road) {
			address += "号"
		}
		address += d.building
	} else {
		address = withoutFloor(address)
	}
	f.SetText("address", address)
	f.SetText("road", road)
	f.SetText("number", d.number)
	if d.building != "" && f.Text("building") == "" {
		f.SetText("building", d.building)
	}
	f.Set("count", max(f.Int("count"), 1))
	return c.placeDoor(rec)
}

// withoutFloor cuts what stands behind the house number of an address; a building's number stays.
func withoutFloor(address string) string {
	at := numberMark.FindAllStringIndex(address, -1)
	if len(at) == 0 {
		return floorOf.ReplaceAllString(address, "")
	}
	end := at[0][1]
	tail := address[end:]
	if m := behindMark.FindString(tail); m != "" {
		end += len(m)
	}
	if m := buildingOf.FindStringIndex(address[end:]); m != nil {
		end += m[1]
	}
	return address[:end]
}

func (c *converter) placeDoor(rec *record) error {
	f := &rec.f
	code := ""
	if said := f.Text("community_code"); said != "" {
		if code = c.place.communityOf(said); code == "" {
			f.Set("community_code", nil)
		}
	}
	name, streetName := c.place.comms[code], ""
	if len(code) >= 9 {
		streetName = c.place.streets[code[:9]]
	}
	if (code == "" || name == "") && c.place.placer != nil {
		if _, comm, commName, _, street, ok := c.place.placer.Place(rec.at); ok {
			code, name, streetName = comm, commName, street
		} else if c.city.known {
			c.remark(RuleOutside, gis.SeverityWarning, rec, 0, "no community holds the position", "位置不在任何社区内")
		}
	}
	if code != "" {
		f.SetText("community_code", code)
	}
	if name != "" {
		f.SetText("community_name", name)
	}
	if f.Text("street_name") == "" && streetName != "" {
		f.SetText("street_name", streetName)
	}
	return nil
}
