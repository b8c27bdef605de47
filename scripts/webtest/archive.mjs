// A PMTiles archive read by programs of other codebases: npm pmtiles, pbf and @mapbox/vector-tile.
//
//	node scripts/webtest/archive.mjs FILE < list of z/x/y, one a line
//
// Prints one JSON object: the header, the metadata, and of every tile of the list its layers with how many features they have, each of
// whose geometries was decoded; null for a tile that is not there. A difference to the specification is an error of those packages.
import { createHash } from 'node:crypto'
import { openSync, readFileSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../cmd/wanmi/internal/webui/package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)))
const [{ PMTiles }, { VectorTile }, { default: Pbf, PbfReader }] = await Promise.all([load('pmtiles'), load('@mapbox/vector-tile'), load('pbf')])

const file = process.argv[2]
if (!file) {
  console.error('usage: node scripts/webtest/archive.mjs FILE < LIST')
  process.exit(2)
}
const fd = openSync(file, 'r')
const archive = new PMTiles({
  getKey: () => file,
  getBytes: async (offset, length) => {
    const b = new Uint8Array(length)
    return { data: b.buffer.slice(0, readSync(fd, b, 0, length, offset)) }
  },
})

const out = { header: await archive.getHeader(), metadata: await archive.getMetadata(), tiles: {} }
const reader = (bytes) => new (Pbf ?? PbfReader)(bytes)
for (const at of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const t = await archive.getZxy(...at.split('/').map(Number))
  if (!t) {
    out.tiles[at] = null
    continue
  }
  const raw = new Uint8Array(t.data)
  const layers = {}
  for (const [name, layer] of Object.entries(new VectorTile(reader(raw)).layers)) {
    for (let i = 0; i < layer.length; i++) {
      const f = layer.feature(i)
      if (f.loadGeometry().length === 0) throw new Error(`${at}: ${name} ${f.id} has no geometry`)
    }
    layers[name] = layer.length
  }
  out.tiles[at] = { sha256: createHash('sha256').update(raw).digest('hex'), layers }
}
console.log(JSON.stringify(out))
