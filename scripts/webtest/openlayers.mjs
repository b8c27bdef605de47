// Our tiles drawn by OpenLayers in a headless Chromium: by XYZ, and by OGC API Tiles in three matrix sets through the documents of the server.
//
//	node scripts/webtest/openlayers.mjs URL LON LAT [--shots DIR]
//
// Prints one JSON object: of each way to the tiles how many pixels show something, how many tiles were loaded, and how many pixels differ from those by XYZ.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const webui = join(dirname(fileURLToPath(import.meta.url)), '../../cmd/wanmi/internal/webui')
const require = createRequire(join(webui, 'package.json'))
const { chromium } = require('playwright-core')
const { build } = require('esbuild')
const [url, lon, lat, ...rest] = process.argv.slice(2)
if (!lat) {
  console.error('usage: node scripts/webtest/openlayers.mjs URL LON LAT [--shots DIR]')
  process.exit(2)
}
const base = url.replace(/\/$/, '')
const shots = rest[rest.indexOf('--shots') + 1 || rest.length]
if (shots) mkdirSync(shots, { recursive: true })
const size = 512

const page = `
import Map from 'ol/Map'
import View from 'ol/View'
import MVT from 'ol/format/MVT'
import Layer from 'ol/layer/VectorTile'
import OGC from 'ol/source/OGCVectorTile'
import XYZ from 'ol/source/VectorTile'
import { addEquivalentProjections, addProjection, fromLonLat, get, Projection } from 'ol/proj'
import { createXYZ } from 'ol/tilegrid'
import { Circle, Fill, Stroke, Style } from 'ol/style'

// What a page for China's national map must tell OpenLayers: EPSG:4490, latitude first, taken as WGS-84.
const cgcs2000 = new Projection({ code: 'EPSG:4490', units: 'degrees', axisOrientation: 'neu', extent: [-180, -90, 180, 90], global: true })
addProjection(cgcs2000)
addEquivalentProjections([cgcs2000, get('EPSG:4326')])

const base = ${JSON.stringify(base)}, at = [${Number(lon)}, ${Number(lat)}]
const colours = ['#3366cc', '#cc6633', '#339966', '#993399', '#888833']
const style = (f) => f.get('layer') === 'unit_grid'
  ? new Style({ fill: new Fill({ color: colours[Number(String(f.get('code')).slice(-3)) % 5] }) })
  : new Style({ image: new Circle({ radius: 3, fill: new Fill({ color: '#000' }) }), stroke: new Stroke({ color: '#000', width: 1 }) })
const sources = {
  xyz: () => new XYZ({ format: new MVT(), url: base + '/tiles/unit_grid,component/{z}/{x}/{y}.mvt', tileGrid: createXYZ({ tileSize: 512, maxZoom: 18 }) }),
  ogc: () => new OGC({ format: new MVT(), url: base + '/ogc/tiles/WebMercatorQuad?collections=unit_grid,component' }),
  collection: () => new OGC({ format: new MVT(), url: base + '/ogc/collections/unit_grid/tiles/WebMercatorQuad' }),
  crs84: () => new OGC({ format: new MVT(), projection: 'EPSG:4326', url: base + '/ogc/collections/unit_grid/tiles/WorldCRS84Quad' }),
  cgcs2000: () => new OGC({ format: new MVT(), projection: 'EPSG:4490', url: base + '/ogc/collections/unit_grid/tiles/CGCS2000Quad' }),
}
let shown
window.draw = async (name) => {
  const source = sources[name]()
  let loaded = 0, fault = ''
  source.on('tileloadend', () => loaded++)
  source.on('tileloaderror', (e) => { fault = 'a tile could not be loaded' })
  const geographic = { crs84: 'EPSG:4326', cgcs2000: 'EPSG:4490' }[name]
  shown?.setTarget(undefined)
  const map = shown = new Map({
    target: 'map', pixelRatio: 1, controls: [], interactions: [],
    layers: [new Layer({ source, style, declutter: false, renderBuffer: 64 })],
    view: new View(geographic ? { projection: geographic, center: at, resolution: 360 / 512 / 2 ** 15 } : { center: fromLonLat(at), resolution: 40075016.68557849 / 512 / 2 ** 15 }),
  })
  await new Promise((done, fail) => {
    source.on('change', () => source.getState() === 'error' && fail(new Error(name + ': ' + (source.error?.message ?? 'the source is broken'))))
    const wait = () => map.once('rendercomplete', () => (source.getState() === 'ready' && loaded > 0 ? done() : setTimeout(() => { wait(); map.render() }, 50)))
    wait()
    setTimeout(() => fail(new Error(name + ': nothing drawn within 15 s; ' + [source.getState(), source.error, loaded].join(' '))), 15000)
  })
  if (fault) throw new Error(name + ': ' + fault)
  const c = new OffscreenCanvas(${size}, ${size}).getContext('2d')
  c.fillStyle = '#fff'
  c.fillRect(0, 0, ${size}, ${size})
  for (const canvas of document.querySelectorAll('#map canvas')) {
    const m = (canvas.style.transform.match(/matrix\\((.*)\\)/)?.[1] ?? '1,0,0,1,0,0').split(',').map(Number)
    c.setTransform(...m)
    c.drawImage(canvas, 0, 0)
  }
  const d = window[name] = c.getImageData(0, 0, ${size}, ${size}).data
  let drawn = 0, differ = 0
  for (let i = 0; i < d.length; i += 4) {
    if (d[i] < 250 || d[i + 1] < 250 || d[i + 2] < 250) drawn++
    if (Math.abs(d[i] - window.xyz[i]) > 64 || Math.abs(d[i + 1] - window.xyz[i + 1]) > 64 || Math.abs(d[i + 2] - window.xyz[i + 2]) > 64) differ++
  }
  return { name, loaded, drawn, differ }
}
window.ready = true
`
const js = (await build({ stdin: { contents: page, resolveDir: webui }, bundle: true, format: 'esm', write: false, logLevel: 'error' })).outputFiles[0].text
const html = `<!doctype html><meta charset="utf-8"><style>body { margin: 0 } #map { width: ${size}px; height: ${size}px; background: #fff }</style><div id="map"></div><script type="module" src="/page.mjs"></script>`
const server = createServer((req, res) => {
  res.writeHead(200, { 'content-type': req.url === '/page.mjs' ? 'text/javascript' : 'text/html' })
  res.end(req.url === '/page.mjs' ? js : html)
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'] })
const out = []
try {
  const tab = await browser.newPage({ viewport: { width: size, height: size } })
  tab.on('pageerror', (e) => console.error(String(e)))
  await tab.goto(`http://127.0.0.1:${server.address().port}/`)
  await tab.waitForFunction('window.ready')
  for (const name of ['xyz', 'ogc', 'collection', 'crs84', 'cgcs2000']) {
    out.push(await tab.evaluate((n) => window.draw(n), name))
    if (shots) writeFileSync(join(shots, `openlayers-${name}.png`), await tab.screenshot())
  }
} finally {
  await browser.close()
  server.close()
}
console.log(JSON.stringify(out))
