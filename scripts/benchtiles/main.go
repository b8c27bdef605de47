// Command benchtiles is the thinnest server of tiles that reads PostGIS: net/http, lib/pq and one ST_AsMVT a tile, over tables in web
// mercator clustered by their index. No server that asks PostGIS for each tile can do with less: bench_tiles.py measures beside it.
package main

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"

	_ "github.com/lib/pq"
)

var columns = map[string]string{
	"components": "id,objid,class,objname,dept1,dept2,dept3,bgid,state,ordate,chdate,source,note",
	"grids":      "id,bgid,area,community,cname,street,ordate",
	"roads":      "id,name,class,len,width",
}

func main() {
	addr := flag.String("addr", "127.0.0.1:7001", "where to listen")
	dsn := flag.String("dsn", "", "the database")
	flag.Parse()
	db, err := sql.Open("postgres", *dsn)
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	for layer, cols := range columns {
		stmt, err := db.Prepare(fmt.Sprintf(`SELECT ST_AsMVT(tile,'%s',4096,'geom','id') FROM (SELECT ST_AsMVTGeom(geom,ST_TileEnvelope($1,$2,$3),4096,64,true) AS geom,%s
			FROM %s WHERE geom && ST_TileEnvelope($1,$2,$3,margin=>64.0/4096)) tile`, layer, cols, layer))
		if err != nil {
			log.Fatal(layer, ": ", err)
		}
		http.HandleFunc("/"+layer+"/{z}/{x}/{y}", func(w http.ResponseWriter, r *http.Request) {
			var raw []byte
			if err := stmt.QueryRow(r.PathValue("z"), r.PathValue("x"), r.PathValue("y")).Scan(&raw); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/vnd.mapbox-vector-tile")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
				raw = zipped(raw)
			}
			_, _ = w.Write(raw) // a client that has left
		})
	}
	log.Fatal(http.ListenAndServe(*addr, nil))
}

func zipped(raw []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		log.Fatal(err)
	}
	_, _ = z.Write(raw) // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}
