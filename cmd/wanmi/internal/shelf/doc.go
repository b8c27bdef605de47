// Package shelf keeps tile archives open that are served beside the live layers, or looked at by commands: files of this machine, and
// PMTiles on HTTP servers, read by range requests.
//
//   - An [Item] answers from one generation of its archive at a time. A file that has been replaced or changed (inode, time, size), or a
//     server's archive with another ETag, is opened anew; a request takes one generation and, when that one changes under it, starts over.
//   - A remote archive never holds a request longer than [Patience]; after a failure it is left alone for a few seconds and requests
//     get the same error at once. Only the addresses in the configuration are asked: a redirection to another host is refused.
//   - What is held in memory of an archive is bounded: see package pmtiles.
package shelf
