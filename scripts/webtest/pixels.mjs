// The same rows drawn by MapLibre in a headless Chromium from our tiles and from PostGIS' ST_AsMVT, compared pixel by pixel; and cells without
// outline looked through for slits.
//
//	node scripts/webtest/pixels.mjs URL VIEWS.json [--shots DIR]
//
// VIEWS.json: { outline: GeoJSON of all cells in one, pairs: [{ name, a, b, type, paint, filter, zooms, places }], slits: { layers, zooms, places } }.
// Prints one JSON object: of each pair and view how many pixels differ and how many of them by more than antialiasing; of each layer and zoom how many
// pixels well inside the outline show the ground.
//
// A pixel differs by antialiasing when it does by no more than 64 of 255, or when its colour lies between the darkest and the lightest of the other
// picture's pixels around it (3 x 3), in both directions: an edge may lie elsewhere by part of a pixel, and nothing may be there that is not in the
// other picture. Tile coordinates differ by up to one unit, an eighth of a pixel, because PostGIS rounds and we cut off: that is a quarter of the contrast
// for a gap a pixel wide. Pictures are drawn four times as fine and averaged: MapLibre's own antialiasing closes or opens such a gap by where it begins.
import { createServer } from 'node:http'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const webui = join(dirname(fileURLToPath(import.meta.url)), '../../cmd/wanmi/internal/webui')
const { chromium } = createRequire(join(webui, 'package.json'))('playwright-core')
const [url, viewsFile, ...rest] = process.argv.slice(2)
if (!viewsFile) {
  console.error('usage: node scripts/webtest/pixels.mjs URL VIEWS.json [--shots DIR]')
  process.exit(2)
}
const base = url.replace(/\/$/, '')
const views = JSON.parse(readFileSync(viewsFile, 'utf8'))
const shots = rest[rest.indexOf('--shots') + 1 || rest.length]
if (shots) mkdirSync(shots, { recursive: true })

const size = 512
const html = `<!doctype html><meta charset="utf-8"><style>body { margin: 0 } div { width: ${size}px; height: ${size}px }</style>
<script type="module" src="/page.mjs"></script>`

// What runs in the page. It is sent as text: everything it uses stands in it.
async function page(size) {
  const { Map: MapLibre, setWorkerUrl } = await import('/dist/maplibre-gl.mjs')
  setWorkerUrl(new URL('/dist/maplibre-gl-worker.mjs', location.href).href)
  const maps = {}
  const settled = (map) => new Promise((done) => map.once('idle', done))

  // draw shows a style at a place and returns the pixels, each the mean of fine x fine drawn ones.
  window.draw = async (id, style, center, zoom, fine) => {
    let map = maps[id]
    if (!map) {
      const container = document.body.appendChild(document.createElement('div'))
      map = maps[id] = new MapLibre({
        container, style, center, zoom, pixelRatio: fine, fadeDuration: 0, attributionControl: false, interactive: false,
        canvasContextAttributes: { preserveDrawingBuffer: true, antialias: false },
      })
      map.on('error', (e) => { window.broken = String(e.error?.message ?? e) })
    } else {
      if (map.shown !== JSON.stringify(style)) map.setStyle(style, { diff: false })
      map.jumpTo({ center, zoom })
    }
    map.shown = JSON.stringify(style)
    map.triggerRepaint()
    await settled(map)
    const wide = size * fine
    if (map.getCanvas().width !== wide) throw new Error(`the canvas is ${map.getCanvas().width} wide, not ${wide}`)
    const flat = new OffscreenCanvas(wide, wide).getContext('2d', { willReadFrequently: true })
    flat.drawImage(map.getCanvas(), 0, 0)
    const all = flat.getImageData(0, 0, wide, wide)
    if (fine === 1) return all
    const out = new ImageData(size, size), sums = new Uint32Array(4 * size * size)
    for (let y = 0; y < wide; y++) {
      for (let x = 0; x < wide; x++) {
        const to = 4 * (Math.floor(y / fine) * size + Math.floor(x / fine)), from = 4 * (y * wide + x)
        for (let ch = 0; ch < 4; ch++) sums[to + ch] += all.data[from + ch]
      }
    }
    for (let i = 0; i < sums.length; i++) out.data[i] = Math.round(sums[i] / fine / fine)
    return out
  }

  // holed reports whether the renderer left a pixel out: the ground shows, and yet the tile's geometry covers the middle of the pixel. SwiftShader
  // does so at times on an edge that two triangles of one polygon share.
  const holed = (id, x, y) => maps[id].queryRenderedFeatures([x + 0.5, y + 0.5], { layers: ['it'] }).length > 0

  window.compare = (a, b) => {
    const p = a.data, q = b.data
    const range = (from, x, y, ch) => {
      let lo = 255, hi = 0
      for (let yy = Math.max(y - 1, 0); yy <= Math.min(y + 1, size - 1); yy++) {
        for (let xx = Math.max(x - 1, 0); xx <= Math.min(x + 1, size - 1); xx++) {
          const w = from[4 * (yy * size + xx) + ch]
          if (w < lo) lo = w
          if (w > hi) hi = w
        }
      }
      return [lo, hi]
    }
    let differ = 0, beyond = 0, drawn = 0
    const at = []
    const mark = new ImageData(size, size)
    for (let y = 1; y < size - 1; y++) { // at the rim there is no telling what lies beside
      for (let x = 1; x < size - 1; x++) {
        const i = 4 * (y * size + x)
        let same = true, near = true, ground = true
        for (let ch = 0; ch < 3; ch++) {
          const v = p[i + ch], w = q[i + ch]
          if (v !== 255) ground = false
          if (Math.abs(v - w) <= 1) continue
          same = false
          if (Math.abs(v - w) <= 64) continue
          const [plo, phi] = range(p, x, y, ch), [qlo, qhi] = range(q, x, y, ch)
          if (v < qlo - 4 || v > qhi + 4 || w < plo - 4 || w > phi + 4) near = false
        }
        if (!ground) drawn++
        if (!same) differ++
        if (!near) {
          beyond++
          if (at.length < 10) at.push([x, y])
        }
        mark.data.set(near ? (same ? [255, 255, 255, 255] : [150, 150, 255, 255]) : [255, 0, 0, 255], i)
      }
    }
    window.mark = mark
    return { drawn, differ, beyond, at }
  }

  // slits counts the pixels that show the ground (magenta) though all around, within reach, lies inside the mask (black).
  window.slits = (cells, mask, reach) => {
    let inside = 0, ground = 0, holes = 0
    const at = []
    const deep = (x, y) => {
      for (let yy = y - reach; yy <= y + reach; yy++) {
        for (let xx = x - reach; xx <= x + reach; xx++) {
          if (xx >= 0 && yy >= 0 && xx < size && yy < size && mask.data[4 * (yy * size + xx)] > 0) return false
        }
      }
      return true
    }
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const i = 4 * (y * size + x)
        if (mask.data[i] > 0 || !deep(x, y)) continue
        inside++
        const c = cells.data
        if (c[i] === 0 && c[i + 1] === 160 && c[i + 2] === 0) continue
        if (holed('cells', x, y)) {
          holes++
          continue
        }
        ground++
        if (at.length < 10) at.push([x, y])
      }
    }
    return { inside, ground, holes, at }
  }

  window.picture = async (image) => {
    const c = new OffscreenCanvas(size, size)
    c.getContext('2d').putImageData(image, 0, 0)
    const bytes = new Uint8Array(await (await c.convertToBlob()).arrayBuffer())
    let s = ''
    for (const b of bytes) s += String.fromCharCode(b)
    return btoa(s)
  }
  window.ready = true
}

const server = createServer((req, res) => {
  const path = new URL(req.url, 'http://x').pathname
  let type = 'text/javascript'
  let body
  if (path === '/') [type, body] = ['text/html', html]
  else if (path === '/page.mjs') body = `${page}\npage(${size})`
  else if (/^\/dist\/maplibre-gl[a-z-]*\.mjs$/.test(path)) body = readFileSync(join(webui, 'node_modules/maplibre-gl', path))
  res.writeHead(body === undefined ? 404 : 200, { 'content-type': type })
  res.end(body)
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
})
const tab = await browser.newPage({ viewport: { width: size, height: 2 * size } })
const faults = []
tab.on('pageerror', (e) => faults.push(String(e)))

const style = (ground, sources, layers) => ({ version: 8, sources, layers: [{ id: 'ground', type: 'background', paint: { 'background-color': ground } }, ...layers] })
const tiled = (name, layer, ground = '#ffffff') =>
  style(ground, { tiles: { type: 'vector', url: `${base}/tiles/${name}.json` } }, [{ id: 'it', source: 'tiles', 'source-layer': name, ...layer }])

const shoot = async (name, what) => {
  if (shots) writeFileSync(join(shots, `${name}.png`), Buffer.from(await tab.evaluate(`window.picture(${what})`), 'base64'))
}

const out = { pairs: [], slits: [], faults }
try {
  await tab.goto(`http://127.0.0.1:${server.address().port}/`)
  await tab.waitForFunction('window.ready')
  for (const p of views.pairs ?? []) {
    for (const [n, place] of p.places.entries()) {
      for (const zoom of p.zooms) {
        const layer = { type: p.type, paint: p.paint, ...(p.filter && { filter: p.filter }) }
        const got = await tab.evaluate(async ([a, b, place, zoom]) => {
          window.A = await window.draw('a', a, place, zoom, 4)
          window.B = await window.draw('b', b, place, zoom, 4)
          return window.compare(window.A, window.B)
        }, [tiled(p.a, layer), tiled(p.b, layer), place, zoom])
        out.pairs.push({ name: p.name, place: n, zoom, ...got })
        for (const [suffix, what] of [['ours', 'window.A'], ['st_asmvt', 'window.B'], ['diff', 'window.mark']]) await shoot(`${p.name}-${n}-z${zoom}-${suffix}`, what)
      }
    }
  }
  for (const name of views.slits?.layers ?? []) {
    for (const zoom of views.slits.zooms) for (const [n, place] of views.slits.places.entries()) {
      const cells = tiled(name, { type: 'fill', paint: { 'fill-color': '#00a000', 'fill-antialias': false } }, '#ff00ff')
      const mask = style('#ffffff', { all: { type: 'geojson', data: views.outline, tolerance: 0, maxzoom: 20 } }, [{ id: 'it', source: 'all', type: 'fill', paint: { 'fill-color': '#000000', 'fill-antialias': false } }])
      const got = await tab.evaluate(async ([cells, mask, place, zoom]) => {
        window.A = await window.draw('cells', cells, place, zoom, 1)
        window.B = await window.draw('mask', mask, place, zoom, 1)
        return window.slits(window.A, window.B, 2)
      }, [cells, mask, place, zoom])
      out.slits.push({ name, place: n, zoom, ...got })
      await shoot(`slits-${name}-${n}-z${zoom}`, 'window.A')
      await shoot(`slits-outline-${n}-z${zoom}`, 'window.B')
    }
  }
  const broken = await tab.evaluate('window.broken')
  if (broken) faults.push(broken)
} finally {
  await browser.close()
  server.close()
}
console.log(JSON.stringify(out))
