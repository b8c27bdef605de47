// Command wanmi (万米) divides a city into unit grids, keeps the census of its
// components, serves both as vector tiles and geocodes reports against them.
//
// One file per sub-command, cmd_x.go. Flags, environment, exit codes and the
// wiring of the rooms live here and nowhere else. The exit codes are a contract:
// 0 done, 1 failed, 2 wrong usage, 3 input data rejected.
package main
