package storetest

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"wanmi/gis"
)

// KilledChild runs the test TestCrashChild of the calling package as a process of its own, with env added to its environment,
// and kills it some time after its first line. The child prints the store's generation and then the number of each write that
// was acknowledged, a line each; the last one it printed is returned.
func KilledChild(t *testing.T, after time.Duration, env ...string) (last gis.Generation) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killing := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 64)
		if err != nil { // what the testing package prints
			if strings.Contains(lines.Text(), "FAIL") {
				t.Fatal(lines.Text())
			}
			continue
		}
		last = gis.Generation(n)
		if !killing {
			killing = true
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return last
}
