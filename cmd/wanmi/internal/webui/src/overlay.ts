// What the page draws above the served style: the selected thing, a located report, the reader's position.
// Sources and layers are put into the style document before the map gets it, so they survive a change of style.
import type { GeoJSONSource, GeoJSONSourceSpecification, LayerSpecification, Map, StyleSpecification } from 'maplibre-gl'
import type { Candidate, Feature, Geometry, Place } from './api.ts'
import { circle, type LonLat } from './format.ts'

type Collection = { type: 'FeatureCollection', features: Feature[] }

const data: Record<string, Collection> = {
  selection: { type: 'FeatureCollection', features: [] },
  found: { type: 'FeatureCollection', features: [] },
  me: { type: 'FeatureCollection', features: [] },
}

const magenta = { light: '#c2255c', dark: '#f06595' }
const blue = '#1c7ed6'

function layers(theme: 'light' | 'dark'): LayerSpecification[] {
  const accent = magenta[theme]
  const paper = theme === 'light' ? '#ffffff' : '#15181a'
  const kind = (k: string) => ['==', ['get', 'kind'], k] as ['==', ['get', string], string]
  return [
    { id: 'selection-area', type: 'fill', source: 'selection', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': accent, 'fill-opacity': 0.1 } },
    { id: 'selection-line', type: 'line', source: 'selection', filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': accent, 'line-width': 2.6 } },
    {
      id: 'selection-point', type: 'circle', source: 'selection', filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 14, 7, 18, 17], 'circle-color': accent, 'circle-opacity': 0.12, 'circle-stroke-color': accent, 'circle-stroke-width': 2.4 },
    },
    { id: 'found-circle', type: 'fill', source: 'found', filter: kind('circle'), paint: { 'fill-color': accent, 'fill-opacity': ['step', ['get', 'radius'], 0.09, 150, 0.03] } },
    { id: 'found-circle-line', type: 'line', source: 'found', filter: kind('circle'), paint: { 'line-color': accent, 'line-width': 1.4, 'line-dasharray': [3, 2] } },
    { id: 'me-circle', type: 'fill', source: 'me', filter: kind('circle'), paint: { 'fill-color': blue, 'fill-opacity': 0.12 } },
    { id: 'me-point', type: 'circle', source: 'me', filter: kind('point'), paint: { 'circle-radius': 6, 'circle-color': blue, 'circle-stroke-color': '#fff', 'circle-stroke-width': 2 } },
    {
      id: 'found-candidate', type: 'circle', source: 'found', filter: kind('candidate'),
      paint: { 'circle-radius': ['case', ['==', ['get', 'n'], 1], 11, 9], 'circle-color': paper, 'circle-stroke-color': accent, 'circle-stroke-width': ['case', ['==', ['get', 'n'], 1], 2.4, 1.4] },
    },
    { id: 'found-alternative', type: 'circle', source: 'found', filter: kind('alternative'), paint: { 'circle-radius': 5, 'circle-color': paper, 'circle-stroke-color': accent, 'circle-stroke-width': 2 } },
    { id: 'found-pin', type: 'symbol', source: 'found', filter: kind('pin'), layout: { 'icon-image': 'pin', 'icon-anchor': 'bottom', 'icon-allow-overlap': true, 'icon-offset': [0, 2] } },
    {
      id: 'found-candidate-number', type: 'symbol', source: 'found', filter: kind('candidate'),
      layout: { 'text-field': ['to-string', ['get', 'n']], 'text-font': ['Wanmi Bold', 'PingFang SC', 'Noto Sans CJK SC', 'sans-serif'], 'text-size': 11.5, 'text-allow-overlap': true },
      paint: { 'text-color': accent },
    },
  ]
}

/** The style with the page's own sources and layers in it. */
export function withOverlay(style: StyleSpecification, theme: 'light' | 'dark'): StyleSpecification {
  const sources = { ...style.sources }
  for (const name of Object.keys(data)) sources[name] = { type: 'geojson', data: data[name] as GeoJSONSourceSpecification['data'] }
  // Areas go below the names and symbols of the map, the rest on top.
  const own = layers(theme)
  const area = (l: LayerSpecification) => l.type === 'fill' || l.id === 'selection-line'
  const names = style.layers.findIndex((l) => l.type === 'symbol')
  const at = names < 0 ? style.layers.length : names
  return { ...style, sources, layers: [...style.layers.slice(0, at), ...own.filter(area), ...style.layers.slice(at), ...own.filter((l) => !area(l))] }
}

function show(map: Map, source: string, features: Feature[]): void {
  data[source] = { type: 'FeatureCollection', features }
  const s = map.getSource(source) as GeoJSONSource | undefined
  s?.setData(data[source] as Parameters<GeoJSONSource['setData']>[0])
}

const feature = (geometry: Geometry, properties: Record<string, unknown>): Feature => ({ type: 'Feature', geometry, properties })
const point = (p: LonLat, properties: Record<string, unknown>) => feature({ type: 'Point', coordinates: p }, properties)
const disc = (p: LonLat, radius: number) => feature({ type: 'Polygon', coordinates: [circle(p, radius)] }, { kind: 'circle', radius })

export function showSelection(map: Map, geometries: (Geometry | null)[]): void {
  show(map, 'selection', geometries.filter((g): g is Geometry => g !== null).map((g) => feature(g, {})))
}

/** A pin with its uncertainty in metres, and what else may be meant. */
export function showFound(map: Map, at: LonLat | null, uncertainty = 0, candidates: Candidate[] = [], alternatives: Pick<Place, 'id' | 'point'>[] = []): void {
  const features: Feature[] = []
  if (at && uncertainty > 0) features.push(disc(at, uncertainty))
  candidates.forEach((c, i) => features.push(point(c.point, { kind: 'candidate', n: i + 1, code: c.code })))
  alternatives.forEach((p) => features.push(point(p.point, { kind: 'alternative', id: p.id })))
  if (at) features.push(point(at, { kind: 'pin' }))
  show(map, 'found', features)
}

export function showMe(map: Map, at: LonLat, accuracy: number): void {
  show(map, 'me', [disc(at, accuracy), point(at, { kind: 'point' })])
}
