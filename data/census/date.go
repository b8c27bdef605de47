package census

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"wanmi/gis"
)

// GuessDate as the date of a delivery takes the one its files' names bear.
const GuessDate = "guess"

var (
	dayForms = []string{time.DateOnly, "20060102", "2006/1/2", "2006.1.2", "2006年1月2日"}
	nameDay  = regexp.MustCompile(`(?:^|\D)(20\d\d)[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?:\D|$)`)
)

// ParseDate reads the day a delivery shows, as 2026-08-23, 20260823 or 2026年8月23日, or GuessDate. gis.Invalid for anything else.
func ParseDate(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == GuessDate {
		return s, nil
	}
	for _, form := range dayForms {
		if day, err := time.Parse(form, s); err == nil {
			return day.Format(time.DateOnly), nil
		}
	}
	return "", gis.E(gis.Invalid, nil, "the date %q is none: give it as 2026-08-23, or guess to take that of the file's name", clip(s, 40))
}

// dateOfName returns the day in a file's name, "" when there is none.
func dateOfName(name string) string {
	m := nameDay.FindStringSubmatch(baseName(name))
	if m == nil {
		return ""
	}
	day, err := time.Parse(time.DateOnly, m[1]+"-"+m[2]+"-"+m[3])
	if err != nil {
		return ""
	}
	return day.Format(time.DateOnly)
}

// settleDate takes the date from the profile where the call states none.
func (r *run) settleDate() (err error) {
	if r.Date == "" && r.Profile != nil {
		r.Date = r.Profile.Date
	}
	if r.Date == "" {
		return nil
	}
	if r.Date, err = ParseDate(r.Date); err == nil && r.Date != GuessDate && r.Today != "" && r.Date > r.Today {
		err = gis.E(gis.Invalid, nil, "the delivery's date %s is after today", r.Date)
	}
	return err
}

// tellDate tells from when on the delivery holds, guesses it when that was asked for, and tells a guess nobody asked for, which
// is not used.
func (r *run) tellDate() error {
	var days []string
	for _, f := range r.Files {
		if day := dateOfName(f); day != "" && !slices.Contains(days, day) && (r.Today == "" || day <= r.Today) {
			days = append(days, day)
		}
	}
	switch {
	case r.Date == GuessDate && len(days) == 1:
		r.Date = days[0]
		r.remarkDelivery(fmt.Sprintf("the delivery shows %s, by its file name: what it says holds from that day on / 成果日期按文件名取 %[1]s，内容自该日起有效", r.Date))
	case r.Date == GuessDate:
		return gis.E(gis.Invalid, nil, "the date cannot be guessed: the file names bear %d different days; give it as 2026-08-23", len(days))
	case r.Date != "":
		r.remarkDelivery(fmt.Sprintf("the delivery shows %s: what it says holds from that day on / 成果日期 %[1]s，内容自该日起有效", r.Date))
	case len(days) == 1:
		r.remarkDelivery(fmt.Sprintf("the file name bears %s: --date %[1]s lets what it says hold from that day on; without, it holds from now / 文件名含日期 %[1]s，如为成果日期请加 --date，否则自入库时起有效", days[0]))
	}
	return nil
}
