// The map page: puts its parts together. Nothing else reads the page's own elements but the part that owns them.
import 'maplibre-gl/dist/maplibre-gl.css'
import './page.css'
import type { Map as MapLibre, MapMouseEvent } from 'maplibre-gl'
import { api, type Catalog } from './api.ts'
import { App } from './app.ts'
import { copy } from './card.ts'
import { byId, typing } from './dom.ts'
import { learn } from './fields.ts'
import { parseView } from './format.ts'
import { Feedback } from './feedback.ts'
import { icons } from './icons.ts'
import { language, languageTag, onLanguage, setLanguage, t, type Word } from './i18n.ts'
import { LayerBox } from './layers.ts'
import { fit, flyTo, joinBoxes, loadStyle, makeMap } from './map.ts'
import { showMe, withOverlay } from './overlay.ts'
import { Report } from './report.ts'
import { Search } from './search.ts'
import * as sheet from './sheet.ts'
import { baseLayers, cityLayers } from './style/style.ts'
import { dress } from './switches.ts'
import { chooseTheme, onSystemTheme, paintTheme, theme } from './theme.ts'
import { say, sayError } from './toast.ts'

declare global {
  interface Window { wanmi?: { map: MapLibre, app: App, idle: () => boolean } } // for tests and for the curious
}

let catalog: Catalog | null = null

void start()

async function start(): Promise<void> {
  paintTheme()
  paintWords()
  onLanguage(paintWords)
  try {
    const [doc, info] = await Promise.all([loadStyle(theme()), cityInfo()])
    run(doc, info)
  } catch (err) {
    sayError(err)
  }
}

/** What the server says of its city. The map comes without it, so a failure is only told. */
async function cityInfo(): Promise<{ bounds: (number[] | undefined)[], attribution: string[] }> {
  const [c, base, city] = await Promise.all([api.catalog().catch((err) => { sayError(err); return null }), api.tileJSON(baseLayers).catch(() => null), api.tileJSON(cityLayers).catch(() => null)])
  catalog = c
  const boundsOf = (name: string) => c?.layers.find((l) => l.name === name)?.bounds
  const inner = [boundsOf('unit_grid'), boundsOf('community')].filter(Boolean)
  return {
    bounds: inner.length > 0 ? inner : [city?.bounds, base?.bounds],
    attribution: [...new Set([c?.attribution, base?.attribution, city?.attribution].filter((x): x is string => !!x))],
  }
}

function run(doc: Awaited<ReturnType<typeof loadStyle>>, info: Awaited<ReturnType<typeof cityInfo>>): void {
  const view = parseView(location.hash)
  let style = doc
  let map: MapLibre
  try {
    map = makeMap(withOverlay(dress(style), theme()), view, t('map'))
  } catch (err) {
    say(t('noMap'), err instanceof Error ? err.message : '', 'error')
    return
  }
  const app = new App(map)
  const feedback = new Feedback(app)
  const report = new Report(app, feedback)
  const search = new Search(app, feedback)
  const redress = () => { map.setStyle(withOverlay(dress(style), theme()), { diff: true }) }
  const layerBox = new LayerBox(redress, () => map.getZoom())
  let quiet = false // the last frame drawn was the last needed: tiles loaded, names placed, nothing moving
  map.on('render', () => { quiet = false })
  map.on('idle', () => { quiet = true })
  window.wanmi = { map, app, idle: () => quiet && map.loaded() && !map.isMoving() }

  if (catalog) {
    learn(catalog)
    layerBox.count(catalog)
    report.offer(catalog)
    paintWords()
  }
  byId('attribution').textContent = [...info.attribution.map(plainText), 'MapLibre'].join(' · ')
  const box = joinBoxes(info.bounds)
  if (!view && box) fit(map, box, 16, false)

  const retheme = () => {
    paintTheme()
    paintWords()
    loadStyle(theme()).then((next) => { style = next; redress(); if (layerBox.isOpen()) layerBox.draw() }).catch(sayError)
  }
  byId('theme').onclick = () => { chooseTheme(theme() === 'dark' ? 'light' : 'dark'); retheme() }
  onSystemTheme(retheme)
  byId('lang').onclick = () => setLanguage(language() === 'zh' ? 'en' : 'zh')
  onLanguage(() => { sheet.redraw(); if (layerBox.isOpen()) layerBox.draw(); map.getCanvas().setAttribute('aria-label', t('map')) })
  byId('report-button').onclick = () => report.open()
  byId('layers-button').onclick = () => layerBox.toggle()
  byId('zoom-in').onclick = () => { map.zoomIn() }
  byId('zoom-out').onclick = () => { map.zoomOut() }
  byId('me').onclick = () => myPosition(map)
  byId('link').onclick = () => { app.remember(); void copy(location.href) }

  map.on('moveend', () => app.remember())
  map.on('click', (e) => { if (!feedback.take([e.lngLat.lng, e.lngLat.lat])) clicked(app, e) })
  let under: MapMouseEvent | null = null // the pointer's last place, looked at once a frame
  map.on('mousemove', (e) => {
    if (!under) requestAnimationFrame(() => { if (under && !map.isMoving()) map.getCanvas().style.cursor = thingAt(map, under) ? 'pointer' : ''; under = null })
    under = e
  })
  map.on('error', (e) => { if (!(e.error instanceof DOMException && e.error.name === 'AbortError')) say(t('tilesFailed'), e.error?.message ?? '', 'error') })
  window.addEventListener('hashchange', () => {
    const v = parseView(location.hash)
    if (!v) return
    map.jumpTo({ center: [v.lon, v.lat], zoom: v.zoom })
    if (v.selected) void app.select(v.selected)
  })
  document.addEventListener('keydown', (e) => {
    if (e.key === '/' && !typing(e) && !e.ctrlKey && !e.metaKey) { e.preventDefault(); search.focus() }
    if (e.key === 'Escape') {
      if (layerBox.isOpen()) layerBox.toggle(false)
      else if (sheet.shown()) sheet.close()
    }
  })
  if (view?.selected) void app.select(view.selected)
}

const pointLayers = ['found-candidate', 'found-alternative', 'component', 'component-dot', 'component-fault', 'component-line', 'component-edge']

/** The component under the pointer, a few pixels around it. */
function thingAt(map: MapLibre, e: MapMouseEvent): string | null {
  const r = 4
  const { x, y } = e.point
  const layers = pointLayers.filter((id) => map.getLayer(id))
  for (const area of [e.point, [[x - r, y - r], [x + r, y + r]] as [[number, number], [number, number]]]) {
    const code = map.queryRenderedFeatures(area, { layers }).find((f) => f.properties.code)?.properties.code
    if (code) return String(code)
  }
  return null
}

function clicked(app: App, e: MapMouseEvent): void {
  const keep = ['results', 'report', 'corrections'].includes(sheet.shown())
  const component = thingAt(app.map, e)
  if (component) {
    void app.select({ kind: 'component', code: component }, { keep })
    return
  }
  const cell = app.map.getLayer('unit_grid-area') ? app.map.queryRenderedFeatures(e.point, { layers: ['unit_grid-area'] })[0]?.properties.code : undefined
  if (cell) void app.select({ kind: 'grid', code: String(cell) }, { keep })
  else app.closeCard()
}

function myPosition(map: MapLibre): void {
  if (!navigator.geolocation) {
    say(t('noPosition'))
    return
  }
  navigator.geolocation.getCurrentPosition((p) => {
    const at: [number, number] = [p.coords.longitude, p.coords.latitude]
    showMe(map, at, p.coords.accuracy)
    flyTo(map, at, 17)
  }, (err) => say(t('noPosition'), err.message), { enableHighAccuracy: true, timeout: 12_000 })
}

/** The text of an attribution that may be HTML. */
function plainText(html: string): string {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent ?? ''
}

/** All words that stand in index.html, in the language chosen. */
function paintWords(): void {
  document.documentElement.lang = languageTag()
  document.title = t('title')
  const label = (id: string, word: Word, icon?: string) => {
    const el = byId(id)
    el.title = t(word)
    el.setAttribute('aria-label', t(word))
    if (icon) el.innerHTML = icon
  }
  label('layers-button', 'layers', icons.layers)
  label('zoom-in', 'zoomIn', icons.plus)
  label('zoom-out', 'zoomOut', icons.minus)
  label('me', 'myPlace', icons.locate)
  label('link', 'copyLink', icons.link)
  label('clear', 'clear', icons.close)
  label('theme', theme() === 'dark' ? 'toLight' : 'toDark', theme() === 'dark' ? icons.sun : icons.moon)
  label('report-button', 'report')
  byId('report-button').innerHTML = icons.report
  byId('report-button').append(t('report'))
  byId('lang').textContent = t('toLang')
  byId('lang').setAttribute('lang', language() === 'zh' ? 'en' : 'zh-CN')
  byId('search-icon').innerHTML = icons.search
  const input = byId('search') as HTMLInputElement
  input.placeholder = sheet.narrow() ? t('searchShort') : t('search')
  input.setAttribute('aria-label', t('search'))
  byId('suggestions').setAttribute('aria-label', t('results'))
  byId('layers').setAttribute('aria-label', t('layers'))
  byId('controls').setAttribute('aria-label', t('map'))
  byId('place').textContent = catalog?.title ?? t('tagline')
  const synthetic = byId('synthetic')
  synthetic.hidden = !catalog?.synthetic
  synthetic.textContent = t('synthetic')
  synthetic.title = t('syntheticNote')
}
