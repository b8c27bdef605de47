package catalog

import "strings"

// creditChars are the digits of the unified social credit code (GB 32100-2015), by value.
const creditChars = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CreditCheck returns the check character of GB 32100-2015 for the first 17 characters of a unified social credit code,
// 0 when one of them is none of its digits.
func CreditCheck(body string) byte {
	if len(body) < 17 {
		return 0
	}
	sum, w := 0, 1
	for i := range 17 {
		v := strings.IndexByte(creditChars, body[i])
		if v < 0 {
			return 0
		}
		sum += w * v
		w = w * 3 % 31
	}
	return creditChars[(31-sum%31)%31]
}
