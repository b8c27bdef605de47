package postgis

import (
	"testing"

	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
)

func TestContract(t *testing.T) {
	made := pgtest.Kept(t) // copying a database with the schema in it takes half the time of making the schema
	if err := open(t, made).Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s := openTest(t, pgtest.Copy(t, made))
		t.Cleanup(func() { nothingKept(t, s) })
		return s
	})
}

func open(t testing.TB, dsn string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dsn, Options{})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func openTest(t testing.TB, dsn string) *Store {
	t.Helper()
	s := open(t, dsn)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
