// Package logline writes a server's log: the lines slog.JSONHandler writes, put together by hand where they are plain, and gathered
// for up to a second before they go out. A busy server then writes once for hundreds of requests. What is a warning or an error goes out at
// once, with all before it; a server that is killed loses a second of other lines at most.
package logline
