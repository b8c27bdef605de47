//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// corrected is a correction as the command and the server write it.
type corrected struct {
	ID     int64
	State  string
	Unread []string
	Today  *struct {
		DistanceM float64 `json:"distance_m"`
	}
	Learn  struct{ Kind, Name string }
	Taught *struct{ Ref string }
}

// placed is the place a report is given, "" for none, and the local name that was used.
func (s *server) placed(text string) (id, ref string) {
	s.t.Helper()
	var l struct {
		Place   *struct{ ID string }
		Reasons []struct{ Ref string }
	}
	s.do(http.MethodPost, "/v1/locate", strings.NewReader(fmt.Sprintf(`{"text":%q}`, text))).json(s.t, &l)
	for _, r := range l.Reasons {
		ref += r.Ref
	}
	if l.Place != nil {
		id = l.Place.ID
	}
	return id, ref
}

// corrections are those of a database in a state.
func corrections(t *testing.T, db, state string) (out []corrected) {
	t.Helper()
	for line := range strings.Lines(must(t, "geocode", "feedback", "list", "--db", db, "--state", state, "--json", "--quiet").out) {
		var c corrected
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, c)
	}
	return out
}

// A dispatcher's file of corrections is reviewed by a file, known to a running server within its second, judged by eval, and in the history.
func TestFeedback(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) { feedback(t, demoDB(t)) })
	t.Run("server", func(t *testing.T) { feedback(t, demoOnServer(t)) })
}

func feedback(t *testing.T, db string) {
	dir := t.TempDir()
	sent, todo, done := filepath.Join(dir, "更正.csv"), filepath.Join(dir, "待审.csv"), filepath.Join(dir, "已学.csv")
	write := func(file, s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor", "--name", "李四").out)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	write(sent, "文本,经度,纬度,更正人,备注\n老供销社门口垃圾满了,116.9655,35.4075,坐席7,居民常说\n大槐树底下路灯不亮,116.9600,35.3951,坐席2,\n门口有垃圾,116.9655,35.4075,坐席2,\n")
	cmd := func(args ...string) result { return wanmi(t, append([]string{"geocode", "feedback"}, args...)...) }
	if r := cmd("add", "--db", db, sent, "--quiet"); r.code != 0 || !strings.Contains(r.out, "3 corrections kept") {
		t.Fatalf("add: %+v", r)
	}
	if r := cmd("add", "--db", db, sent, "--quiet"); !strings.Contains(r.out, "0 corrections kept") {
		t.Errorf("add again: %+v", r)
	}
	write(sent, "文本,经度,纬度\n老粮站,116.9655,35.4075\n老粮站,35.4075,116.9655\n")
	if r := cmd("add", "--db", db, sent, "--quiet"); r.code != 3 || !strings.Contains(r.errOut, "row 2") {
		t.Errorf("latitude first: %+v", r)
	}
	if id, _ := s.placed("老供销社"); id != "" {
		t.Fatalf("before: %s", id)
	}
	open := corrections(t, db, "open")
	if len(open) != 3 || open[2].Learn.Name != "老供销社" || open[2].Learn.Kind != "rule" || open[0].Learn.Kind != "none" {
		t.Fatalf("open: %+v", open)
	}
	if r := cmd("accept", "--db", db, "--all", "--quiet"); r.code != 2 || !strings.Contains(r.errOut, "who decides") {
		t.Errorf("accept in nobody's name: %+v", r)
	}
	if r := cmd("list", "--db", db, "--csv", todo, "--quiet"); r.code != 0 {
		t.Fatalf("list --csv: %+v", r)
	}
	b, err := os.ReadFile(todo)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n") // the last three columns are for the keeper
	for i, verdict := range []string{"驳回,太笼统,", "接受,,", "accept,,"} {
		lines[i+1] = strings.TrimSuffix(lines[i+1], ",,") + verdict
	}
	write(todo, strings.Join(lines, "\n"))
	if r := cmd("review", "--db", db, todo, "--by", "张管理员", "--quiet"); r.code != 0 || !strings.Contains(r.out, "2 accepted, 1 rejected") {
		t.Fatalf("review: %+v", r)
	}
	known := fmt.Sprintf("local_name:F%d", open[2].ID)
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if id, ref := s.placed("老供销社旁边井盖丢了"); id == known && ref == known {
			break
		} else if time.Now().After(until) {
			t.Fatalf("the running server answers %q by %q, want %s", id, ref, known)
		}
	}
	if r := cmd("list", "--db", db, "--state", "accepted", "--csv", done, "--quiet"); r.code != 0 {
		t.Fatalf("list accepted: %+v", r)
	}
	if r := must(t, "geocode", "eval", "--db", db, done, "--quiet"); !strings.Contains(r.out, "2 placed: within 20 m 100.0 %") {
		t.Errorf("eval of what was learned: %s", r.out)
	}
	auth := []string{"Authorization", "Bearer " + key}
	var one corrected
	s.do(http.MethodPost, "/v1/feedback", strings.NewReader(`{"text":"老电影院路灯不亮","point":[116.9655,35.4075]}`), auth...).json(t, &one)
	before := time.Now()
	time.Sleep(1100 * time.Millisecond) // --as-of counts seconds
	s.do(http.MethodPost, fmt.Sprintf("/v1/feedback/%d/accept", one.ID), nil, auth...).json(t, &one)
	if id, _ := s.placed("老电影院"); one.State != "accepted" || id != one.Taught.Ref {
		t.Errorf("accepted by the server: %+v, the next answer is %q", one, id)
	}
	if n := exported(t, db, "--as-of", before.Format(time.RFC3339)); n != 2 {
		t.Errorf("as of before the third: %d rows, want 2", n)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("stop: exit code %d", code)
	}
	s = start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	if id, _ := s.placed("老电影院"); id != one.Taught.Ref {
		t.Errorf("after a restart: got %q", id)
	}
	if r := cmd("undo", "--db", db, fmt.Sprint(one.ID), "--by", "张管理员", "--reason", "已拆除", "--quiet"); r.code != 0 || !strings.Contains(r.out, "undone") {
		t.Errorf("undo: %+v", r)
	}
	if r := must(t, "history", "--db", db, "--layer", "local_name", fmt.Sprintf("F%d", one.ID)); !strings.Contains(r.out, "已拆除") || !strings.Contains(r.out, "李四") {
		t.Errorf("history: %s", r.out)
	}
	must(t, "check", "--db", db)
}

// exported counts the local names of an export.
func exported(t *testing.T, db string, more ...string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.csv")
	var v struct{ Rows int }
	r := must(t, append([]string{"export", "--json", "--db", db, "local_name", "--out", file}, more...)...)
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("%q: %v", r.out, err)
	}
	return v.Rows
}

// kill -9 while corrections are accepted: each is either still open or accepted with its row, never half; what was answered with 200 is accepted.
func TestKillDuringFeedback(t *testing.T) {
	t.Run("file", func(t *testing.T) { killDuringFeedback(t, demoDB(t)) })
	t.Run("server", func(t *testing.T) { killDuringFeedback(t, demoOnServer(t)) })
}

// accept accepts a correction; false when there was no answer.
func (s *server) accept(id int64, key string) bool {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, fmt.Sprintf("%s/v1/feedback/%d/accept", s.url, id), strings.NewReader(`{"force":true,"why":"压测"}`))
	if err != nil {
		s.t.Error(err)
		return false
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || err != nil {
		if err == nil {
			s.t.Errorf("accept %d: status %d, %s", id, res.StatusCode, b)
		}
		return false
	}
	return true
}

func killDuringFeedback(t *testing.T, db string) {
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	rng := rand.New(rand.NewPCG(7, 2026))
	total, taught := 0, 0
	for round := range kills(t, 3) {
		s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
		var file strings.Builder
		file.WriteString("text,lon,lat\n")
		for i := range 40 {
			fmt.Fprintf(&file, "老第%c%c号院子路灯,116.9%d,35.40%d\n", '甲'+rune(round*7+i%40), '乙'+rune(3*i), 60+i%8, 10+i)
		}
		csv := filepath.Join(t.TempDir(), "c.csv")
		if err := os.WriteFile(csv, []byte(file.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, "geocode", "feedback", "add", "--db", db, csv, "--quiet")
		var mu sync.Mutex
		said := map[int64]bool{}
		var wg sync.WaitGroup
		todo := make(chan int64, 1000)
		for _, c := range corrections(t, db, "open") {
			todo <- c.ID
		}
		close(todo)
		total += 40
		for range 4 {
			wg.Go(func() {
				for id := range todo {
					if !s.accept(id, key) {
						return
					}
					mu.Lock()
					said[id] = true
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(100+rng.IntN(1500)) * time.Millisecond)
		_ = s.cmd.Process.Kill()
		wg.Wait()
		<-s.done
		accepted := 0
		for _, c := range corrections(t, db, "all") {
			switch {
			case c.State == "accepted":
				accepted++
			case c.State != "open":
				t.Errorf("round %d: correction %d is %s", round, c.ID, c.State)
			case said[c.ID]:
				t.Errorf("round %d: correction %d was answered with 200 and is open", round, c.ID)
			}
		}
		if n := exported(t, db); n != accepted {
			t.Errorf("round %d: %d accepted, %d rows", round, accepted, n)
		}
		taught = accepted
		t.Logf("round %d: %d of %d accepted, %d of this round answered", round, accepted, total, len(said))
		must(t, "check", "--db", db)
	}
	if taught == 0 {
		t.Error("nothing was accepted before it was killed: the test proves nothing")
	}
}

// The page's way of a correction, walked in headless Chromium by a viewer, a surveyor and an editor.
func TestFeedbackPage(t *testing.T) {
	t.Parallel()
	db := demoDB(t)
	var keys []string
	for _, role := range []string{"viewer", "surveyor", "editor"} {
		keys = append(keys, strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", role, "--name", role).out))
	}
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	browser(t, s, "--correct", strings.Join(keys, ","))
	if code := s.stop(); code != 0 {
		t.Errorf("stop: exit code %d", code)
	}
	must(t, "check", "--db", db)
}
