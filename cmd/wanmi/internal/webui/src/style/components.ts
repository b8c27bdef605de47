// Components, points of interest and cases: dots from far, symbols from near.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl'
import { medium } from './fonts.ts'
import { kinds } from './kinds.ts'
import { majors, type Palette } from './palette.ts'
import { figures } from './symbols.ts'

const major: ExpressionSpecification = ['slice', ['coalesce', ['get', 'class'], '05'], 0, 2]
const kind: ExpressionSpecification = ['coalesce', ['get', 'class_name'], ['get', 'name'], '']
const isPoint: FilterSpecification = ['==', ['geometry-type'], 'Point']

// Components that are not in order, in the standard's words for the state.
export const faulty: ExpressionSpecification = ['match', ['get', 'state'], ['破损', '丢失', '废弃', '损坏', '缺失'], true, false]

export function byMajor(p: Palette): ExpressionSpecification {
  return ['match', major, ...majors.slice(0, 4).flatMap((m) => [m, p.major[m]]), p.major['05']] as unknown as ExpressionSpecification
}

function byKind(value: (name: string) => string | number, other: ExpressionSpecification | number): ExpressionSpecification {
  const cases = Object.entries(figures).flatMap(([name, f]) => [['any', ...f.names.map((part) => ['in', part, kind])], value(name)])
  return ['case', ...cases, other] as unknown as ExpressionSpecification
}

const byName = byKind((name) => name, ['match', major, ['01', '02', '03', '04'], ['concat', 'major-', major], 'major-05'])
// By the class, and where the standards do not have it by the words of its name.
const symbol = ['match', ['coalesce', ['get', 'class'], ''], ...Object.entries(kinds).flatMap(([name, [codes]]) => [codes.split(' '), `kind-${name}`]), byName] as unknown as ExpressionSpecification
const rank = byKind((name) => figures[name].rank, 5)

const count: ExpressionSpecification = ['get', 'point_count']
const inShort: ExpressionSpecification = ['case',
  ['>=', count, 10000], ['concat', ['to-string', ['/', ['round', ['/', count, 1000]], 10]], '万'],
  ['to-string', count]]

// From far a dot stands for many: below zoom 13 the tiles hold clusters with point_count and no class.
function clusters(p: Palette): LayerSpecification[] {
  const common = { source: 'city', 'source-layer': 'component', filter: isPoint, minzoom: 8, maxzoom: 13 } as const
  return [
    {
      id: 'component-cluster', type: 'circle', ...common,
      paint: {
        'circle-color': p.major['05'], 'circle-opacity': 0.16, 'circle-stroke-color': p.major['05'], 'circle-stroke-opacity': 0.5, 'circle-stroke-width': 0.8,
        'circle-radius': ['interpolate', ['linear'], ['log10', ['max', count, 1]], 0, 2, 2, 7, 4, 14, 6, 20],
      },
    },
    {
      id: 'component-count', type: 'symbol', ...common,
      layout: { 'text-field': inShort, 'text-font': medium, 'text-size': ['interpolate', ['linear'], ['log10', ['max', count, 1]], 0, 8, 4, 11], 'symbol-sort-key': ['-', 0, count] },
      paint: { 'text-color': p.text, 'text-halo-color': p.halo, 'text-halo-width': 1 },
    },
  ]
}

export function components(p: Palette): LayerSpecification[] {
  const common = { source: 'city', 'source-layer': 'component' } as const
  return [
    ...clusters(p),
    { id: 'component-area', type: 'fill', ...common, filter: ['==', ['geometry-type'], 'Polygon'], minzoom: 15, paint: { 'fill-color': byMajor(p), 'fill-opacity': 0.1 } },
    { id: 'component-edge', type: 'line', ...common, filter: ['==', ['geometry-type'], 'Polygon'], minzoom: 15, layout: { 'line-join': 'round' }, paint: { 'line-color': byMajor(p), 'line-width': ['interpolate', ['linear'], ['zoom'], 15, 0.4, 18, 1.3], 'line-opacity': 0.6 } },
    {
      id: 'component-line', type: 'line', ...common, filter: ['==', ['geometry-type'], 'LineString'], minzoom: 14.5, layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': byMajor(p), 'line-width': ['interpolate', ['linear'], ['zoom'], 14.5, 0.6, 18, 2.2], 'line-opacity': 0.75 },
    },
    {
      id: 'component-fault', type: 'circle', ...common, filter: ['all', isPoint, faulty] as FilterSpecification, minzoom: 15.5,
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 15.5, 2.5, 16.5, 4, 17.5, 8, 18.5, 11],
        'circle-color': p.alert, 'circle-opacity': 0.1, 'circle-stroke-color': p.alert, 'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 16, 0.6, 18, 1.2], 'circle-stroke-opacity': 0.7,
      },
    },
    {
      id: 'component-dot', type: 'circle', ...common, filter: isPoint, minzoom: 13,
      paint: {
        'circle-color': byMajor(p),
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 13, 0.7, 14, 0.8, 15.5, 1.1, 17, 2, 18, 3.2, 19, 4],
        'circle-opacity': ['interpolate', ['linear'], ['zoom'], 13, 0.3, 15, 0.5, 16.5, 0.7, 17.5, 0.9],
        'circle-stroke-color': p.halo,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 16, 0, 17.5, 0.8],
        'circle-stroke-opacity': 0.8,
      },
    },
    {
      id: 'component', type: 'symbol', ...common, filter: isPoint, minzoom: 16.3,
      layout: {
        'icon-image': symbol,
        'icon-size': ['interpolate', ['linear'], ['zoom'], 16.3, 0.42, 17, 0.56, 18, 0.78, 19, 0.9],
        'icon-allow-overlap': ['step', ['zoom'], false, 18.5, true],
        'icon-padding': ['interpolate', ['linear'], ['zoom'], 16.3, ['literal', [14, 14, 14, 14]], 17, ['literal', [8, 8, 8, 8]], 18, ['literal', [1, 1, 1, 1]]] as unknown as ExpressionSpecification,
        'symbol-sort-key': rank,
      },
    },
    {
      id: 'case', type: 'symbol', source: 'city', 'source-layer': 'case', minzoom: 12, filter: isPoint,
      layout: { visibility: 'none', 'icon-image': 'case', 'icon-size': ['interpolate', ['linear'], ['zoom'], 12, 0.45, 17, 0.85], 'icon-allow-overlap': true },
    },
  ]
}
