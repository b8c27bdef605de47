//go:build !linux

package main

import "time"

func waitUntil(due time.Time) { time.Sleep(time.Until(due)) }
