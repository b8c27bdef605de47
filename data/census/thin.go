package census

import (
	"context"
	"errors"
	"io"

	"wanmi/gis"
	"wanmi/gis/crs"
)

var errThin = errors.New("census: not built yet")

type reportPoint struct{}

func runImport(context.Context, Target, Options) (Result, error) { return Result{}, errThin }
func (r Result) writeReport(io.Writer, string) error             { return errThin }
func GuessProfile(*gis.Layer, Reader, ClassGuesser) (Profile, []string, error) {
	return Profile{}, nil, errThin
}
func openXLSX(stream, ReadOptions) ([]Reader, error)     { return nil, errThin }
func openJSON(stream, ReadOptions) (Reader, error)       { return nil, errThin }
func openGeoPackage(stream, ReadOptions) (Reader, error) { return nil, errThin }
func openOSM(stream, ReadOptions, bool) (Reader, error)  { return nil, errThin }
func crsOfWKT(string) (crs.CRS, error)                   { return nil, errThin }
func findHeading([][]string) int                         { return 0 }
func nameColumns(s []string) []string                    { return s }
