package sample

type report struct{}
type caseRow struct{}

func (c *City) makeReports(seed uint64) {}
