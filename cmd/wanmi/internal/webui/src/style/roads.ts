// Roads, cased by class and widening with the zoom, railways, and the lines above them.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl'
import { borders } from './areas.ts'
import type { Palette } from './palette.ts'

// Widths in pixels at these zooms, by class; the roadway without its casing.
const stops = [10, 12, 14, 16, 18, 20]
const widths: Record<string, number[]> = {
  arterial: [0.8, 1.8, 4.6, 11, 30, 90],
  collector: [0.4, 1.1, 3.2, 8, 23, 70],
  local: [0, 0.5, 1.7, 5.2, 16, 50],
  link: [0, 0.6, 1.9, 5.2, 15, 46],
  service: [0, 0, 0.8, 2.8, 9, 30],
}

function width(extra: (zoom: number, w: number) => number): ExpressionSpecification {
  const steps = stops.flatMap((zoom, i) => {
    const byClass = Object.entries(widths).flatMap(([name, w]) => [name, extra(zoom, w[i])])
    return [zoom, ['match', ['get', 'class'], ...byClass, extra(zoom, widths.local[i])]]
  })
  return ['interpolate', ['exponential', 1.5], ['zoom'], ...steps] as unknown as ExpressionSpecification
}

const colour = (c: { arterial: string, collector: string, local: string }) =>
  ['match', ['get', 'class'], 'arterial', c.arterial, 'collector', c.collector, c.local] as ExpressionSpecification

const rank: ExpressionSpecification = ['match', ['get', 'class'], 'arterial', 5, 'collector', 4, 'local', 3, 'link', 2, 1]
const isRoad: FilterSpecification = ['all', ['!=', ['get', 'class'], 'path'], ['!=', ['get', 'tunnel'], true]]

export function roads(p: Palette): LayerSpecification[] {
  const common = { type: 'line', source: 'base', 'source-layer': 'road' } as const
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const
  const rail = { type: 'line', source: 'base', 'source-layer': 'rail' } as const
  return [
    {
      id: 'road-tunnel', ...common, minzoom: 12, filter: ['all', ['==', ['get', 'tunnel'], true], ['!=', ['get', 'class'], 'path']],
      paint: { 'line-color': p.casing.local, 'line-width': width((_, w) => w), 'line-opacity': 0.45, 'line-dasharray': [2, 1.2] },
    },
    {
      id: 'road-path', ...common, minzoom: 15, filter: ['==', ['get', 'class'], 'path'],
      paint: { 'line-color': p.road.path, 'line-width': ['interpolate', ['linear'], ['zoom'], 15, 0.7, 18, 2.2], 'line-dasharray': [2.2, 1.6] },
    },
    {
      id: 'road-casing', ...common, minzoom: 11, filter: isRoad, layout: { ...round, 'line-sort-key': rank },
      paint: {
        'line-color': colour(p.casing),
        'line-width': width((zoom, w) => w === 0 ? 0 : w + (zoom < 14 ? 0.9 : zoom < 17 ? 1.6 : 2.2)),
        'line-opacity': ['interpolate', ['linear'], ['zoom'], 11, 0.4, 13, 1],
      },
    },
    { id: 'road', ...common, minzoom: 10, filter: isRoad, layout: { ...round, 'line-sort-key': rank }, paint: { 'line-color': colour(p.road), 'line-width': width((_, w) => w) } },
    {
      id: 'rail-subway', ...rail, minzoom: 11, filter: ['match', ['get', 'class'], ['subway', 'light_rail', 'tram'], true, false],
      paint: { 'line-color': p.rail, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 0.8, 18, 3], 'line-opacity': 0.6, 'line-dasharray': [4, 1.5] },
    },
    {
      id: 'rail', ...rail, minzoom: 9, filter: ['match', ['get', 'class'], ['subway', 'light_rail', 'tram'], false, true],
      paint: { 'line-color': p.rail, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 14, 2.4, 18, 5] },
    },
    {
      id: 'rail-gap', ...rail, minzoom: 13, filter: ['match', ['get', 'class'], ['subway', 'light_rail', 'tram'], false, true],
      paint: { 'line-color': p.railGap, 'line-width': ['interpolate', ['linear'], ['zoom'], 13, 0.9, 14, 1.3, 18, 3.2], 'line-dasharray': [4, 4] },
    },
    ...borders(p),
  ]
}
