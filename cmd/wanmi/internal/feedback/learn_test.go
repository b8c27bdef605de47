package feedback

import "testing"

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"老供销社", "供销社超市", true},
		{"老电影院", "人民电影院", true},
		{"大槐树", "槐树小区", true},
		{"老供销社", "百货大楼", false},
		{"供銷社", "老供销社", true}, // traditional is simplified
		{"南门", "门南", false},
		{"", "百货大楼", false},
	} {
		if got := alike(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: got %t, want %t", c.a, c.b, got, c.want)
		}
		if got := alike(c.b, c.a); got != c.want {
			t.Errorf("%s, %s: got %t, want %t", c.b, c.a, got, c.want)
		}
	}
}
