package census

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"wanmi/gis"
)

// parseReal reads a number as people write it: full-width digits, thousands separators, a unit behind it.
func parseReal(s string) (float64, error) {
	t := strings.TrimSpace(foldDigits(s))
	if f, err := strconv.ParseFloat(t, 64); err == nil {
		return f, nil
	}
	if i := strings.IndexByte(t, ','); i > 0 && i <= 4 {
		t = strings.ReplaceAll(t, ",", "")
	}
	for _, unit := range []string{"平方米", "㎡", "m²", "公尺", "米", "層", "层", "樓", "楼", "m", "°", "度", "F"} {
		t = strings.TrimSpace(strings.TrimSuffix(t, unit))
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", clip(s, 40))
	}
	return f, nil
}

// parseCoordinate reads a coordinate: a number, or degrees with minutes and seconds in any of the forms of angle.go.
func parseCoordinate(s string) (float64, error) {
	t := strings.TrimSpace(foldDigits(s))
	if f, err := strconv.ParseFloat(t, 64); err == nil {
		return f, nil
	}
	if deg, ok := parseAngle(t); ok {
		return deg, nil
	}
	return parseReal(s)
}

// parseInt reads a whole number; 3.0 is one.
func parseInt(s string) (int64, error) {
	f, err := parseReal(s)
	if err != nil {
		return 0, err
	}
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, fmt.Errorf("%q is no whole number", clip(s, 40))
	}
	return int64(f), nil
}

// parseBool reads yes and no in the words people use.
func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(foldDigits(s))) {
	case "true", "t", "yes", "y", "1", "是", "有":
		return true, nil
	case "false", "f", "no", "n", "0", "否", "无", "無":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", clip(s, 40))
}

var dateForms = []string{
	"2006-01-02", "2006-1-2", "2006/01/02", "2006/1/2", "2006.01.02", "2006.1.2", "20060102", "2006年1月2日", "2006年01月02日",
	"2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05.999", "2006/01/02 15:04:05", "2006/1/2 15:04:05", "2006/1/2 15:04",
	"20060102T150405", "20060102150405", "2006年1月2日 15:04:05", "2006年1月2日15时4分",
}

var monthForms = []string{"2006-01", "2006-1", "2006/01", "2006/1", "2006年1月", "200601"}

var chinaTime = time.FixedZone("CST", 8*3600)

// parseTime reads a date with or without a time of day; without a zone it is taken as China's (UTC+8).
func parseTime(s string) (time.Time, error) {
	t := strings.TrimSpace(foldDigits(s))
	zone := chinaTime
	for _, form := range dateForms {
		if d, err := time.ParseInLocation(form, t, zone); err == nil {
			return plausible(d, s)
		}
	}
	for _, form := range monthForms {
		if d, err := time.ParseInLocation(form, t, zone); err == nil {
			return plausible(d, s)
		}
	}
	if f, err := strconv.ParseFloat(t, 64); err == nil && f > 20000 && f < 80000 { // a spreadsheet's count of days
		days := math.Floor(f)
		d := time.Date(1899, 12, 30, 0, 0, 0, 0, zone).AddDate(0, 0, int(days))
		return d.Add(time.Duration(math.Round((f-days)*86400)) * time.Second), nil
	}
	if y, rest, ok := strings.Cut(strings.NewReplacer("民國", "", "民国", "").Replace(t), "/"); ok && (len(y) == 2 || len(y) == 3) { // year of the republic
		if n, err := strconv.Atoi(y); err == nil && n > 0 {
			if d, err := time.ParseInLocation("2006/1/2", strconv.Itoa(n+1911)+"/"+rest, zone); err == nil {
				return plausible(d, s)
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date in a form that is known, as 2026-08-23 or 20260823", clip(s, 40))
}

func plausible(d time.Time, s string) (time.Time, error) {
	if d.Year() < 1850 || d.Year() > 2200 {
		return d, fmt.Errorf("%q is a date far from our time", clip(s, 40))
	}
	return d, nil
}

// codeText cleans a code: full-width digits, blanks, and the quote or ".0" that spreadsheets add.
func codeText(s string) string {
	s = strings.TrimSpace(foldDigits(s))
	s = strings.Trim(s, "'\"`\t")
	s = strings.ReplaceAll(s, " ", "")
	if rest, ok := strings.CutSuffix(s, ".0"); ok && digits(rest) {
		s = rest
	}
	return strings.ToUpper(s)
}

// digits reports whether s is one or more ASCII digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// codeFields are the fields whose text is a code: only there full-width digits are made ASCII.
var codeFields = map[string]bool{
	"code": true, "community_code": true, "street_code": true, "grid_code": true, "dept_code": true,
	"owner_code": true, "keeper_code": true, "class": false, "number": false,
}

// fieldValue turns text into the value of a field.
func fieldValue(f *gis.Field, s string) (any, *rowError) {
	if s == "" {
		return nil, nil
	}
	fail := func(rule string, err error, zh string) (any, *rowError) {
		return nil, &rowError{Rule: rule, Field: f.Name, Value: s, Text: err.Error(), TextZh: zh}
	}
	switch f.Type {
	case gis.Int:
		if n, err := parseInt(s); err != nil {
			return fail(RuleType, err, "不是整数")
		} else {
			return n, nil
		}
	case gis.Real:
		n, err := parseReal(s)
		if err == nil && (math.IsNaN(n) || math.IsInf(n, 0)) {
			err = fmt.Errorf("%q is no finite number", s)
		}
		if err != nil {
			return fail(RuleType, err, "不是有效数字")
		}
		return n, nil
	case gis.Bool:
		b, err := parseBool(s)
		if err != nil {
			return fail(RuleType, err, "不是“是”或“否”")
		}
		return b, nil
	case gis.Date:
		t, err := parseTime(s)
		if err != nil {
			return fail(RuleDate, err, "日期格式无法识别")
		}
		return t.Format("2006-01-02"), nil
	case gis.Time:
		t, err := parseTime(s)
		if err != nil {
			return fail(RuleDate, err, "时间格式无法识别")
		}
		return t.UTC().Format(time.RFC3339), nil
	}
	if codeFields[f.Name] {
		return codeText(s), nil
	}
	return s, nil
}
