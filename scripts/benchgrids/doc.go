// Command benchgrids divides folders of base data, one place each, and leaves what the judge and a reader need:
// NAME.geojson (the cells, in the folder's own coordinates), NAME_PRESET.geojson for further presets, NAME.png,
// and a line of JSON per division on standard output. scripts/bench_grids.py runs it and judges the cells.
//
// A folder holds communities.geojson, lines.geojson, buildings.geojson, areas.geojson, water.geojson and
// components.geojson; with meta.json (lon0, lat0) in metres of that local transverse Mercator, else in longitude and latitude.
package main
