// Package deflate compresses a tile in one go, as gzip (RFC 1951 and 1952). It is for what is written anew for a client that waits: tiles of
// some kilobytes, of which a general compressor spends most of its time in tables made for megabytes. Equal input gives equal output.
//
//   - sequence: some literals and then a match, a copy of bytes at most 32 KiB back.
//   - block: up to 60,000 bytes and a bit with a Huffman code of its own, or stored when that is shorter. A small tile is one block by the preset
//     code, which is the same for all, when that fits it.
package deflate
