//go:build !race

package gistest

const slowness = 1
