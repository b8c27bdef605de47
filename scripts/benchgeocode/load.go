package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// column reads one column of a CSV file.
func column(file string, k, most int) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord = true
	var out []string
	for n := 0; len(out) < most; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if n > 0 {
			out = append(out, row[k])
		}
	}
	return out, nil
}

func bodies(file string, most int) ([][]byte, error) {
	texts, err := column(file, 1, most)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(texts))
	for i, t := range texts {
		if out[i], err = json.Marshal(map[string]string{"text": t}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// load asks a server so many times a second, on time whatever became of the questions before; how long an answer took is counted from
// when its question was due, so that what waits behind a slow answer counts too.
func load(args []string) error {
	fs := flag.NewFlagSet("load", flag.ExitOnError)
	url := fs.String("url", "", "where to POST")
	file := fs.String("texts", "", "batch.csv")
	rate := fs.Int("rate", 2000, "a second")
	seconds := fs.Int("seconds", 5, "how long")
	clients := fs.Int("clients", 16, "connections")
	_ = fs.Parse(args)
	n := *rate * *seconds
	all, err := bodies(*file, n)
	if err != nil {
		return err
	}
	debug.SetGCPercent(1000) // a collector that runs ten times a second takes the server's cores
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *clients}, Timeout: 30 * time.Second}
	took, late := make([]time.Duration, n), make([]time.Duration, n)
	var next, bad atomic.Int64
	var wg sync.WaitGroup
	every := time.Second / time.Duration(*rate)
	start := time.Now().Add(100 * time.Millisecond)
	for range *clients {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				due := start.Add(time.Duration(i) * every)
				waitUntil(due)
				late[i] = time.Since(due)
				if !post(c, *url, all[i%len(all)]) {
					bad.Add(1)
				}
				took[i] = time.Since(due)
			}
		})
	}
	wg.Wait()
	perS := float64(n) / time.Since(start).Seconds()
	t, l := timesOf(took), timesOf(late)
	return tell(map[string]any{"asked": n, "per_s": perS, "bad": bad.Load(), "p50_us": t.P50, "p99_us": t.P99, "sent_late_p50_us": l.P50, "sent_late_p99_us": l.P99})
}

func post(c *http.Client, url string, body []byte) bool {
	r, err := c.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return err == nil && r.StatusCode == http.StatusOK
}

// batch sends the texts to the batch endpoint in requests of 100,000 lines, each sent whole while its answers come in.
func batch(args []string) error {
	fs := flag.NewFlagSet("batch", flag.ExitOnError)
	url := fs.String("url", "", "where to POST")
	file := fs.String("texts", "", "batch.csv")
	rows := fs.Int("rows", 1_000_000, "lines in all")
	_ = fs.Parse(args)
	all, err := bodies(*file, *rows)
	if err != nil {
		return err
	}
	const each = 100_000
	start := time.Now()
	lines, size := 0, 0
	for from := 0; from < len(all); from += each {
		body := append(bytes.Join(all[from:min(len(all), from+each)], []byte("\n")), '\n')
		r, err := http.Post(*url, "application/x-ndjson", bytes.NewReader(body))
		if err != nil {
			return err
		}
		if r.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", *url, r.Status)
		}
		in := bufio.NewReaderSize(r.Body, 1<<20)
		for {
			b, err := in.ReadSlice('\n')
			size += len(b)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return err
			}
			if err == nil {
				lines++
			}
		}
		_ = r.Body.Close()
	}
	s := time.Since(start).Seconds()
	if lines != len(all) {
		return fmt.Errorf("%d lines sent, %d came back", len(all), lines)
	}
	return tell(map[string]any{"rows": lines, "per_s": float64(lines) / s, "s": s, "bytes": size})
}
