// Land, water, buildings, borders and unit grid cells.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Palette } from './palette.ts'

export function areas(p: Palette): LayerSpecification[] {
  const byClass = ['match', ['get', 'class'], ...Object.entries(p.land).flat(), p.landOther] as unknown as ExpressionSpecification
  return [
    { id: 'land', type: 'fill', source: 'base', 'source-layer': 'land', paint: { 'fill-color': byClass, 'fill-antialias': false } },
    {
      id: 'land-edge', type: 'line', source: 'base', 'source-layer': 'land', minzoom: 15,
      filter: ['match', ['get', 'class'], ['campus', 'compound', 'factory', 'square', 'cemetery', 'sport'], true, false],
      paint: { 'line-color': p.buildingEdge, 'line-width': 0.8, 'line-opacity': 0.7 },
    },
    {
      id: 'water', type: 'fill', source: 'base', 'source-layer': 'water', filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': p.water, 'fill-outline-color': p.waterEdge },
    },
    {
      id: 'water-line', type: 'line', source: 'base', 'source-layer': 'water', filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': p.water,
        'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 10, ['match', ['get', 'class'], ['river', 'canal'], 1.5, 0.6], 14, ['match', ['get', 'class'], ['river', 'canal'], 5, 1.6], 18, ['match', ['get', 'class'], ['river', 'canal'], 26, 8]],
      },
    },
    {
      id: 'building', type: 'fill', source: 'base', 'source-layer': 'building', minzoom: 14,
      paint: {
        'fill-color': ['interpolate', ['linear'], ['coalesce', ['get', 'floors'], ['/', ['get', 'height_m'], 3.2], 3], 3, p.building, 24, p.buildingTall],
        'fill-opacity': ['interpolate', ['linear'], ['zoom'], 14, 0.4, 15.2, 1],
      },
    },
    {
      id: 'building-edge', type: 'line', source: 'base', 'source-layer': 'building', minzoom: 15,
      paint: { 'line-color': p.buildingEdge, 'line-width': ['interpolate', ['linear'], ['zoom'], 15, 0.4, 18, 1] },
    },
  ]
}

/** Lines of administration and of the grids; drawn above the roads. */
export function borders(p: Palette): LayerSpecification[] {
  return [
    {
      id: 'work_grid', type: 'line', source: 'city', 'source-layer': 'work_grid', layout: { visibility: 'none', 'line-join': 'round' },
      paint: { 'line-color': p.work, 'line-width': ['interpolate', ['linear'], ['zoom'], 12, 1.2, 17, 3], 'line-opacity': 0.8 },
    },
    // Filled with nothing, so that a click anywhere in a cell finds it.
    { id: 'unit_grid-area', type: 'fill', source: 'city', 'source-layer': 'unit_grid', minzoom: 12, filter: ['!=', ['get', 'status'], 'void'], paint: { 'fill-color': p.grid, 'fill-opacity': 0 } },
    {
      id: 'unit_grid', type: 'line', source: 'city', 'source-layer': 'unit_grid', minzoom: 12.5, filter: ['!=', ['get', 'status'], 'void'],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': p.grid,
        'line-width': ['interpolate', ['linear'], ['zoom'], 12.5, 0.3, 15, 0.7, 18, 1.15],
        'line-opacity': ['interpolate', ['linear'], ['zoom'], 12.5, 0.15, 14, 0.38, 16, 0.6],
      },
    },
    {
      id: 'community', type: 'line', source: 'base', 'source-layer': 'community', minzoom: 11, layout: { 'line-join': 'round' },
      paint: {
        'line-color': p.border,
        'line-width': ['interpolate', ['linear'], ['zoom'], 11, 0.5, 14, 1.2, 18, 2.4],
        'line-dasharray': [6, 2, 1.2, 2],
        'line-opacity': 0.8,
      },
    },
    {
      id: 'street-band', type: 'line', source: 'base', 'source-layer': 'street', layout: { 'line-join': 'round' },
      paint: { 'line-color': p.borderStrong, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 2, 14, 6, 18, 11], 'line-opacity': 0.14 },
    },
    {
      id: 'street', type: 'line', source: 'base', 'source-layer': 'street', layout: { 'line-join': 'round' },
      paint: { 'line-color': p.borderStrong, 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 14, 1.6, 18, 2.6], 'line-dasharray': [8, 2, 1.5, 2] },
    },
  ]
}
