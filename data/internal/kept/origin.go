package kept

// Origin is where a row came from: a file of a delivery and the row in it. The zero Origin is none.
type Origin struct {
	File string
	Row  int64
}

// OriginRun says that the rows with the IDs First to Last came from successive rows of File, the first of them from Row.
type OriginRun struct {
	First, Last int64
	Origin
}

// Origins notes where rows came from. A delivery is put in the order of its files, so a million rows make a few runs.
type Origins struct {
	Runs []OriginRun
}

// Note says that the row of that ID came from o.
func (s *Origins) Note(o Origin, id int64) {
	if o.File == "" {
		return
	}
	if n := len(s.Runs); n > 0 {
		r := &s.Runs[n-1]
		if r.File == o.File && id == r.Last+1 && o.Row == r.Row+id-r.First {
			r.Last = id
			return
		}
	}
	s.Runs = append(s.Runs, OriginRun{First: id, Last: id, Origin: o})
}
