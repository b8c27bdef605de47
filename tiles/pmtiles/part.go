package pmtiles

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wanmi/gis"
)

// record tells of one tile in the index of an unfinished archive. A content that stands in the data already has the offset it has there.
type record struct {
	id, offset   uint64
	length, note uint32
	hash         [16]byte // half of the SHA-256
}

const (
	recordBytes = 40
	partMagic   = "wanmi tiles, not an archive yet\n" // then the key, then the records
	partHeader  = len(partMagic) + 32
)

func (r *record) marshal() []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, recordBytes), r.id)
	b = binary.LittleEndian.AppendUint64(b, r.offset)
	b = binary.LittleEndian.AppendUint32(b, r.length)
	b = binary.LittleEndian.AppendUint32(b, r.note)
	return append(b, r.hash[:]...)
}

func parseRecord(b []byte) record {
	le := binary.LittleEndian
	return record{le.Uint64(b), le.Uint64(b[8:]), le.Uint32(b[16:]), le.Uint32(b[20:]), [16]byte(b[24:40])}
}

func open(file string, key [32]byte, resume bool) (*Writer, error) {
	if st, err := os.Stat(filepath.Dir(file)); err != nil || !st.IsDir() {
		return nil, gis.E(gis.Invalid, err, "archive %s cannot be written: there is no such folder", file)
	}
	data, err := os.OpenFile(file+".part", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "archive %s cannot be written", file)
	}
	if !tryLock(data) {
		data.Close()
		return nil, gis.E(gis.Conflict, nil, "another process is writing %s", file)
	}
	index, err := os.OpenFile(file+".part.index", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, errors.Join(gis.E(gis.Invalid, err, "archive %s cannot be written", file), data.Close())
	}
	w := &Writer{
		file: file, data: data, index: index, seen: map[[16]byte]uint32{},
		dbuf: bufio.NewWriterSize(data, 1<<20), ibuf: bufio.NewWriterSize(index, 1<<16),
	}
	if resume {
		err = w.readBack(key)
	}
	if err == nil {
		err = w.cut(key)
	}
	if err != nil {
		w.end(false)
		return nil, w.fault(err)
	}
	return w, nil
}

// readBack takes the records an earlier writer with that key left, up to the first that its data does not bear out.
func (w *Writer) readBack(key [32]byte) error {
	in := bufio.NewReaderSize(w.index, 1<<16)
	head := make([]byte, partHeader)
	if _, err := io.ReadFull(in, head); err != nil || string(head) != partMagic+string(key[:]) {
		return nil //nolint:nilerr // nothing to go on with
	}
	st, err := w.data.Stat()
	if err != nil {
		return err
	}
	data := bufio.NewReaderSize(io.NewSectionReader(w.data, 0, st.Size()), 1<<20)
	raw := make([]byte, recordBytes)
	var b []byte
	for {
		if _, err := io.ReadFull(in, raw); err != nil {
			return nil //nolint:nilerr // the end, or a record half written
		}
		r := parseRecord(raw)
		if _, _, _, ok := ZXY(r.id); !ok || r.id < w.next || r.length == 0 || r.length > MaxTile {
			return nil
		}
		if k, ok := w.seen[r.hash]; ok {
			if e := w.entries[k]; e.offset != r.offset || e.length != r.length {
				return nil
			}
			w.take(r)
			continue
		}
		if r.offset != w.size || w.size+uint64(r.length) > uint64(st.Size()) {
			return nil
		}
		if uint32(cap(b)) < r.length {
			b = make([]byte, r.length)
		}
		if _, err := io.ReadFull(data, b[:r.length]); err != nil {
			return fmt.Errorf("read back: %w", err)
		}
		if sum := sha256.Sum256(b[:r.length]); [16]byte(sum[:16]) != r.hash {
			return nil
		}
		w.take(r)
	}
}

// cut drops from both files what was not taken, and puts the key in front of an index without records.
func (w *Writer) cut(key [32]byte) error {
	if err := w.data.Truncate(int64(w.size)); err != nil {
		return err
	}
	if _, err := w.data.Seek(int64(w.size), io.SeekStart); err != nil {
		return err
	}
	end := int64(partHeader) + int64(w.tiles)*recordBytes
	if err := w.index.Truncate(end); err != nil {
		return err
	}
	if _, err := w.index.WriteAt([]byte(partMagic+string(key[:])), 0); err != nil {
		return err
	}
	_, err := w.index.Seek(end, io.SeekStart)
	return err
}
