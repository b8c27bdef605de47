// The map: making it, moving it, and which of its layers are seen.
import { Map, ScaleControl, setWorkerUrl, type StyleSpecification } from 'maplibre-gl'
import { api } from './api.ts'
import { type Box, boxOf, type LonLat, type View } from './format.ts'
import type { Theme } from './theme.ts'
import { narrow } from './sheet.ts'

/** The reader wants no motion. */
const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches

export function makeMap(style: StyleSpecification, view: View | null, title: string): Map {
  setWorkerUrl(new URL(WORKER_NAME, import.meta.url).href)
  const map = new Map({
    container: 'map',
    style,
    center: view ? [view.lon, view.lat] : [116.97, 35.4],
    zoom: view?.zoom ?? 12,
    minZoom: 4,
    maxZoom: 21,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    rollEnabled: false,
    attributionControl: false,
    fadeDuration: calm() ? 0 : 150,
    locale: { 'Map.Title': title },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new ScaleControl({ maxWidth: 110 }), 'bottom-right')
  return map
}

/** The room the page's own panels take of the map, so that what is shown is not under them. */
function padding() {
  if (!narrow()) return { left: 420, right: 70, top: 40, bottom: 40 }
  const sheet = document.getElementById('sheet')
  const bottom = sheet && !sheet.hidden ? sheet.getBoundingClientRect().height : 0
  return { left: 24, right: 24, top: 130, bottom: Math.min(bottom + 24, window.innerHeight * 0.6) }
}

export function flyTo(map: Map, at: LonLat, zoom: number): void {
  const p = padding()
  map.easeTo({ center: at, zoom, offset: [(p.left - p.right) / 2, (p.top - p.bottom) / 2], duration: calm() ? 0 : 700 })
}

export function fit(map: Map, box: Box, maxZoom = 18, animate = true): void {
  map.fitBounds(box, { padding: padding(), maxZoom, duration: calm() || !animate ? 0 : 700 })
}

/** Shows a geometry whole. */
export function fitGeometry(map: Map, coordinates: unknown, maxZoom: number): void {
  const box = boxOf(coordinates)
  if (!box) return
  if (box[0] === box[2] && box[1] === box[3]) flyTo(map, [box[0], box[1]], maxZoom)
  else fit(map, box, maxZoom)
}

/** The box of the city: of the layers that have one in the catalogue or the TileJSON. */
export function joinBoxes(boxes: (number[] | undefined)[]): Box | null {
  const corners = boxes.filter((b): b is number[] => !!b && b.length === 4 && b.every(Number.isFinite) && b[0] < b[2] && b[1] < b[3] && b[2] - b[0] < 90)
  return boxOf(corners.flatMap((b) => [[b[0], b[1]], [b[2], b[3]]]))
}

/** A style of the server; the token for the server's address is filled in should the server not have done so. */
export async function loadStyle(theme: Theme): Promise<StyleSpecification> {
  const style = await api.style(theme) as unknown as StyleSpecification
  const base = new URL('.', document.baseURI).href.replace(/\/$/, '')
  return JSON.parse(JSON.stringify(style).replaceAll('{base}', base)) as StyleSpecification
}
