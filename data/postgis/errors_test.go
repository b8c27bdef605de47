package postgis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"wanmi/gis"
)

// A full disk is told as such whatever the server noticed it by.
func TestFullDiskIsNamed(t *testing.T) {
	s := &Store{name: "the database city"}
	for _, tt := range []struct {
		code, message string
		full          bool
	}{
		{"53100", `could not extend file "base/5/16384": No space left on device`, true},
		{"XX000", "could not write init file", true},
		{"XX000", "cache lookup failed for relation 16384", false},
	} {
		err := s.wrap(fmt.Errorf("begin: %w", &pq.Error{Code: pqerror.Code(tt.code), Message: tt.message}), "begin a write")
		if told := strings.Contains(err.Error(), "no room left on the disk of the database city"); told != tt.full || tt.full && gis.KindOf(err) != gis.Unavailable {
			t.Errorf("%s %s: got %v", tt.code, tt.message, err)
		}
	}
}
