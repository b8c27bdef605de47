package data

import "testing"

func TestRoleAllows(t *testing.T) {
	for _, c := range []struct {
		have, need string
		want       bool
	}{
		{RoleViewer, RoleViewer, true},
		{RoleViewer, RoleSurveyor, false},
		{RoleSurveyor, RoleViewer, true},
		{RoleEditor, RoleAdmin, false},
		{RoleAdmin, RoleEditor, true},
		{"", "", false},
		{"", RoleViewer, false},
		{RoleAdmin, "", false},
		{RoleAdmin, "king", false},
		{"king", RoleViewer, false},
	} {
		if got := RoleAllows(c.have, c.need); got != c.want {
			t.Errorf("RoleAllows(%q, %q): got %t, want %t", c.have, c.need, got, c.want)
		}
	}
}
