// The geocoding clients people have, unchanged, against our server: Leaflet, MapLibre GL JS and OpenLayers in a headless Chromium, node-geocoder in Node.
//
//	node scripts/webtest/geocoders.mjs URL CASES.json [--shots DIR]
//
// CASES.json holds texts [{name, text}], beginnings of names [{name, text}] and points [{name, lon, lat}]: every client is asked for all it can. In
// the browser that is typing into its box, choosing the first of its list and looking where its marker stands. Prints one JSON list: of
// each client and question the labels it shows, best first, and the point it marks.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url)), webui = join(here, '../../cmd/wanmi/internal/webui')
const require = createRequire(join(webui, 'package.json'))
const { chromium } = require('playwright-core')
const { build } = require('esbuild')
const nodeGeocoder = require('node-geocoder')
const [url, file, ...rest] = process.argv.slice(2)
if (!file) {
  console.error('usage: node scripts/webtest/geocoders.mjs URL CASES.json [--shots DIR]')
  process.exit(2)
}
const base = url.replace(/\/$/, '')
const cases = JSON.parse(readFileSync(file, 'utf8'))
const shots = rest[rest.indexOf('--shots') + 1 || rest.length]
if (shots) mkdirSync(shots, { recursive: true })
const out = []
const answer = (client, way, one, labels, point) => out.push({ client, way, case: one.name, labels, lon: point?.[0] ?? null, lat: point?.[1] ?? null })

// node-geocoder, which sends its own parameter osmServer along
const node = nodeGeocoder({ provider: 'openstreetmap', osmServer: base + '/nominatim', language: 'zh' })
const byNode = (found) => [found.map((p) => [p.formattedAddress, p.streetName, p.streetNumber, p.neighbourhood, p.countryCode].join('|')), found[0] && [found[0].longitude, found[0].latitude]]
for (const one of cases.texts) answer('node-geocoder', 'geocode', one, ...byNode(await node.geocode(one.text)))
for (const one of cases.points) answer('node-geocoder', 'reverse', one, ...byNode(await node.reverse({ lat: one.lat, lon: one.lon })))

const bundled = await build({
  entryPoints: [join(here, 'geocoders_page.mjs')], nodePaths: [join(webui, 'node_modules')], bundle: true, format: 'esm', write: false, outdir: '/', logLevel: 'error',
  loader: { '.png': 'dataurl', '.svg': 'dataurl' }, define: { BASE: JSON.stringify(base) },
})
const files = Object.fromEntries(bundled.outputFiles.map((f) => [f.path.replace(/^.*\//, '/'), f.text]))
files['/worker.mjs'] = readFileSync(join(webui, 'node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs'), 'utf8')
files['/'] = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/geocoders_page.css">
<style>body { margin: 0; font: 14px "Noto Sans CJK SC" } #map { position: relative; width: 800px; height: 600px; background: #eee }</style><div id="map"></div><script type="module" src="/geocoders_page.js"></script>`
const types = { css: 'text/css', js: 'text/javascript', mjs: 'text/javascript' }
const server = createServer((req, res) => {
  res.writeHead(files[req.url] ? 200 : 404, { 'content-type': types[req.url.split('.').pop()] ?? 'text/html' })
  res.end(files[req.url] ?? '')
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const args = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args })
const complaints = []
const complain = (client, what) => { complaints.push(what); console.error(`${client}: ${what}`) }

// opened is a page with a fresh map and the client's box on it.
async function opened(client) {
  const tab = tabs.get(client) ?? await page(client)
  const boxes = await tab.evaluate((c) => window.open_(c), client)
  return { tab, ...boxes }
}

const tabs = new Map()
async function page(client) {
  const tab = await browser.newPage({ viewport: { width: 800, height: 600 }, locale: 'zh-CN' })
  tab.on('pageerror', (e) => complain(client, String(e)))
  tab.on('console', (m) => m.type() === 'error' && complain(client, m.text()))
  // ol-geocoder cannot be told another Photon: its requests to the public one go to ours, as a proxy of the house would send them
  await tab.route('https://photon.komoot.io/**', async (route) => {
    const asked = new URL(route.request().url())
    await route.fulfill({ response: await route.fetch({ url: `${base}/photon${asked.pathname}${asked.search}` }) })
  })
  await tab.goto(`http://127.0.0.1:${server.address().port}/`)
  await tab.waitForFunction('window.ready')
  tabs.set(client, tab)
  return tab
}

async function shot(tab, name) {
  if (shots) writeFileSync(join(shots, `${name}.png`), await tab.screenshot())
}

// choose types a text, takes the first of the list, and says what the list showed and where the marker is.
async function choose(client, one) {
  const { tab, input, item } = await opened(client)
  await tab.fill(input, one.text)
  await tab.evaluate(() => new Promise((done) => setTimeout(done, 400))) // Leaflet's box asks for suggestions 250 ms after a key, and forgets what it asked before
  await tab.press(input, 'Enter')
  await tab.waitForFunction((sel) => document.querySelector(sel) || window.marked(), item, { timeout: 10000 }).catch(() => complain(client, `nothing for ${one.text}`))
  await tab.waitForTimeout(50)
  const labels = await tab.$$eval(item, (all) => all.map((e) => e.innerText))
  await shot(tab, `${client}-${one.name}-list`)
  if (!await tab.evaluate('window.marked()')) await tab.click(item)
  await tab.waitForFunction('window.marked()', null, { timeout: 10000 })
  const m = await tab.evaluate('window.marked()')
  await tab.waitForTimeout(shots ? 700 : 0)
  await shot(tab, `${client}-${one.name}`)
  answer(client, 'geocode', one, labels.length ? labels : [m.label], m.at)
}

async function suggest(client, one) {
  const { tab, input, item } = await opened(client)
  await tab.click(input)
  await tab.keyboard.type(one.text, { delay: 20 })
  await tab.press(input, 'End') // an input method's keys are seen by the page; Playwright's Chinese comes without
  await tab.waitForFunction((sel) => document.querySelector(sel), item, { timeout: 10000 }).catch(() => complain(client, `no suggestion for ${one.text}`))
  const labels = await tab.$$eval(item, (all) => all.map((e) => e.innerText))
  await shot(tab, `${client}-${one.name}`)
  answer(client, 'suggest', one, labels)
}

// reverse clicks at a place on the map, or types it where the client reads coordinates from its box.
async function reverse(client, one) {
  const { tab, input, item } = await opened(client)
  if (client.startsWith('maplibre')) {
    await tab.fill(input, `${one.lat},${one.lon}`)
    await tab.press(input, 'Enter')
    await tab.waitForFunction((sel) => document.querySelector(sel), item, { timeout: 10000 })
    await tab.click(item)
  } else {
    const [x, y] = await tab.evaluate((p) => window.show(p.lon, p.lat), one)
    await tab.mouse.click(x, y)
  }
  await tab.waitForFunction('window.marked()', null, { timeout: 10000 })
  const m = await tab.evaluate('window.marked()')
  await shot(tab, `${client}-${one.name}`)
  answer(client, 'reverse', one, [m.label], m.at)
}

try {
  for (const client of ['leaflet-nominatim', 'leaflet-photon', 'leaflet-pelias', 'maplibre-nominatim', 'maplibre-carmen', 'ol-nominatim', 'ol-photon']) {
    for (const one of cases.texts) await choose(client, one)
    if (/leaflet-p|carmen/.test(client)) for (const one of cases.beginnings) await suggest(client, one)
    if (!client.startsWith('ol')) for (const one of cases.points) await reverse(client, one)
    await tabs.get(client).close()
  }
} finally {
  await browser.close()
  server.close()
}
console.log(JSON.stringify(out))
process.exit(complaints.length > 0 ? 1 : 0)
