package data

// The roles, each allowing what the ones before it allow.
const (
	RoleViewer   = "viewer"
	RoleSurveyor = "surveyor"
	RoleEditor   = "editor"
	RoleAdmin    = "admin"
)

// Roles returns the roles, the least first.
func Roles() []string { return []string{RoleViewer, RoleSurveyor, RoleEditor, RoleAdmin} }

// RoleAllows reports whether the role have may do what needs the role need. An unknown role allows nothing and is never met.
func RoleAllows(have, need string) bool {
	h, n := rank(have), rank(need)
	return h > 0 && n > 0 && h >= n
}

// rank returns 1 for the least role, 0 for an unknown one.
func rank(role string) int {
	for i, r := range Roles() {
		if r == role {
			return i + 1
		}
	}
	return 0
}
