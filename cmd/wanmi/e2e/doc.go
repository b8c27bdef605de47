// Package e2e runs the real binary over its real interfaces, as a user would:
// `go test -tags e2e ./cmd/wanmi/e2e`, with WANMI_BIN naming the binary
// (`make e2e` builds and names it). Without the tag there is nothing here.
package e2e
