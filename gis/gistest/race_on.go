//go:build race

package gistest

// slowness is how many times longer code built with the race detector may take.
const slowness = 20
