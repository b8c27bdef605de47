// Package httpapi is Wanmi's outermost ring: routes, parameters, errors, sign-in and the documents a client reads.
//
// # Glossary
//
//   - call: one request with the one [city.View] it is answered from, its
//     caller and its request id. The View is taken once; no reply mixes two
//     generations, and X-Wanmi-Generation says which one it was.
//   - reply: what a handler returns. Handlers never touch the ResponseWriter
//     (but for streams): the reply is finished, then written, by one function
//     that knows ETag, 304, HEAD, gzip and CORS.
//   - route: one row of the table in routes.go. The router, the OpenAPI
//     document, the unknown-parameter check, the 404 that names its neighbours
//     and the metrics' labels are all made from that table.
//   - own endpoint: refuses a query parameter it does not know. A compatibility
//     surface (Pelias, Photon, Nominatim, addok) ignores it, because the clients
//     written for the originals send more than we read.
//   - early: before net/http has read the request. A connection (conn.go) that
//     waits for one hands what comes to answerEarly (early.go), which answers a
//     plain GET or HEAD (head.go says what is plain) of a tile that is in the
//     cache; everything else goes on to net/http, byte for byte.
//
// # Invariants
//
//   - Nobody can tell an early answer from one by net/http: not by a byte but
//     those of Date, not in metrics or log. TestEarly and FuzzEarly ask both.
//   - An error reaches a client as application/problem+json with the public
//     sentence of its [gis.Error]; causes go to the log only.
//   - Coordinates in requests and replies are longitude, latitude in WGS-84
//     (CGCS2000 within a decimetre), except where a surface's original has
//     named lat and lon parameters.
//   - A write needs a key with the role; a write authenticated by cookie also
//     needs to come from our own pages.
package httpapi
