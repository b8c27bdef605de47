package cql2

// span is a stretch of time, both ends belonging to it; an instant has the same end twice.
type span struct{ from, to int64 }

// spanner gives the time of a row; ok is false for NULL.
type spanner func(Row) (s span, ok bool)

// timeKind returns whether an operand of a temporal function counts days or microseconds, and whether it is an interval.
func (c *compiler) timeKind(n *node) (k kind, interval bool, err error) {
	if n.op != opInterval {
		k, err = c.kind(n)
		if err == nil && k != kDate && k != kTime {
			err = c.src.fault(n.at, phrase(n)+", "+k.String(), "a date or a timestamp", "%s is %s; a date, a timestamp or an interval is expected", phrase(n), k)
		}
		return k, false, err
	}
	k = kInterval
	for _, a := range n.args {
		if a.op == opOpen {
			continue
		}
		one, _, err := c.timeKind(a)
		if err != nil {
			return 0, true, err
		}
		if k != kInterval && k != one {
			return 0, true, c.src.fault(a.at, one.String(), k.String(), "an interval has two dates or two timestamps, not one of each")
		}
		k = one
	}
	return k, true, nil
}

// span compiles an operand of a temporal function.
func (c *compiler) span(n *node) (spanner, error) {
	if _, _, err := c.timeKind(n); err != nil {
		return nil, err
	}
	if n.op != opInterval {
		v, err := c.scalar(n)
		return func(row Row) (span, bool) {
			s, ok := v(row)
			return span{s.int, s.int}, ok
		}, err
	}
	var ends [2]valuer
	for i, a := range n.args {
		if a.op == opOpen {
			open := scalar{int: [2]int64{minus, plus}[i]}
			ends[i] = func(Row) (scalar, bool) { return open, true }
			continue
		}
		var err error
		if ends[i], err = c.scalar(a); err != nil {
			return nil, err
		}
	}
	return func(row Row) (span, bool) {
		a, okA := ends[0](row)
		b, okB := ends[1](row)
		return span{a.int, b.int}, okA && okB
	}, nil
}

func (c *compiler) temporal(n *node) (cond, error) {
	var kinds [2]kind
	var spans [2]spanner
	for i, a := range n.args {
		k, interval, err := c.timeKind(a)
		if err != nil {
			return nil, err
		}
		if !interval && intervalsOnly(n.op) {
			return nil, c.src.fault(a.at, phrase(a)+", an instant", "an interval", "%s compares two intervals; %s is an instant: use T_INTERSECTS, T_BEFORE, T_AFTER or BETWEEN", upper(opNames[n.op]), phrase(a))
		}
		kinds[i] = k
		if spans[i], err = c.span(a); err != nil {
			return nil, err
		}
	}
	// Where days meet moments, days count.
	if kinds[0] == kDate && kinds[1] == kTime {
		spans[1] = c.days(spans[1])
	} else if kinds[0] == kTime && kinds[1] == kDate {
		spans[0] = c.days(spans[0])
	}
	o := n.op
	return func(r *Run) Truth {
		row := r.row
		a, ok := spans[0](row)
		if !ok {
			return Null
		}
		b, ok := spans[1](row)
		if !ok {
			return Null
		}
		return truthOf(relatesInTime(o, a, b))
	}, nil
}

// days makes the days of a stretch of moments.
func (c *compiler) days(s spanner) spanner {
	one := func(t int64) int64 {
		if t == minus || t == plus {
			return t
		}
		return dayOf(t, c.zone)
	}
	return func(row Row) (span, bool) {
		v, ok := s(row)
		return span{one(v.from), one(v.to)}, ok
	}
}

// intervalsOnly reports whether a temporal function takes no instants.
func intervalsOnly(o op) bool {
	switch o {
	case opAfter, opBefore, opTDisjoint, opTEquals, opTIntersects:
		return false
	}
	return true
}

// relatesInTime holds a against b by the definitions of OWL-Time.
func relatesInTime(o op, a, b span) bool {
	switch o {
	case opAfter:
		return a.from > b.to
	case opBefore:
		return a.to < b.from
	case opTDisjoint:
		return a.from > b.to || a.to < b.from
	case opTIntersects:
		return a.from <= b.to && a.to >= b.from
	case opTEquals:
		return a == b
	case opTContains:
		return a.from < b.from && a.to > b.to
	case opDuring:
		return a.from > b.from && a.to < b.to
	case opFinishedBy:
		return a.from < b.from && a.to == b.to
	case opFinishes:
		return a.from > b.from && a.to == b.to
	case opMeets:
		return a.to == b.from
	case opMetBy:
		return a.from == b.to
	case opOverlappedBy:
		return a.from > b.from && a.from < b.to && a.to > b.to
	case opTOverlaps:
		return a.from < b.from && a.to > b.from && a.to < b.to
	case opStartedBy:
		return a.from == b.from && a.to > b.to
	}
	return a.from == b.from && a.to < b.to // opStarts
}
