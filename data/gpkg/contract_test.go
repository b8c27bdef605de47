package gpkg

import (
	"path/filepath"
	"testing"

	"wanmi/data/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s := openTest(t, filepath.Join(t.TempDir(), "市 a?b#c%20.gpkg"))
		t.Cleanup(func() { noStage(t, s) })
		return s
	})
}

func openTest(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
