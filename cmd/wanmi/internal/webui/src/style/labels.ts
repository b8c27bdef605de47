// Names and numbers.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import { medium, regular } from './fonts.ts'
import type { Palette } from './palette.ts'

const name: ExpressionSpecification = ['get', 'name']

/** Numbers of the door plates; symbols of components win over them. */
export function doors(p: Palette): LayerSpecification[] {
  return [
    {
      id: 'door', type: 'symbol', source: 'base', 'source-layer': 'door', minzoom: 17.3,
      layout: { 'text-field': ['coalesce', ['get', 'number'], ''], 'text-font': regular, 'text-size': ['interpolate', ['linear'], ['zoom'], 17, 9, 19, 11], 'text-padding': 3 },
      paint: { 'text-color': p.door, 'text-halo-color': p.halo, 'text-halo-width': 1 },
    },
  ]
}

/** All names, the least important first: MapLibre places the last layers before the first. */
export function labels(p: Palette): LayerSpecification[] {
  const halo = { 'text-halo-color': p.halo, 'text-halo-width': 1.4 }
  return [
    {
      id: 'building-name', type: 'symbol', source: 'base', 'source-layer': 'building_label', minzoom: 16.2,
      layout: { 'text-field': name, 'text-font': regular, 'text-size': 10.5, 'text-max-width': 7, 'text-padding': 8 },
      paint: { 'text-color': p.textSoft, ...halo },
    },
    {
      id: 'poi', type: 'symbol', source: 'base', 'source-layer': 'poi', minzoom: 15.5,
      layout: {
        'icon-image': 'poi', 'icon-size': 0.9, 'text-field': name, 'text-font': regular, 'text-size': 11, 'text-max-width': 8,
        'text-variable-anchor': ['left', 'right', 'top', 'bottom'], 'text-radial-offset': 0.6, 'text-justify': 'auto', 'text-padding': 8, 'icon-padding': 6,
      },
      paint: { 'text-color': p.poiText, ...halo },
    },
    {
      id: 'land-name', type: 'symbol', source: 'base', 'source-layer': 'land_label', minzoom: 14.5,
      layout: { 'text-field': name, 'text-font': regular, 'text-size': 11.5, 'text-max-width': 7, 'text-padding': 10 },
      paint: { 'text-color': ['match', ['get', 'class'], ['park', 'green', 'forest', 'sport', 'cemetery', 'farm'], p.textPark, p.textSoft], ...halo },
    },
    {
      id: 'unit_grid-number', type: 'symbol', source: 'city', 'source-layer': 'unit_grid_label', minzoom: 15.5,
      layout: { 'text-field': ['get', 'seq'], 'text-font': medium, 'text-size': ['interpolate', ['linear'], ['zoom'], 15.5, 10, 18, 14], 'text-letter-spacing': 0.06, 'text-padding': 1, 'text-allow-overlap': true },
      paint: { 'text-color': p.gridText, ...halo, 'text-opacity': ['interpolate', ['linear'], ['zoom'], 15.5, 0.75, 17, 0.95] },
    },
    roadName('road-name-minor', 16, ['match', ['get', 'class'], ['arterial', 'collector', 'local'], false, true], 10.5, 260, p.textSoft, p.halo),
    roadName('road-name-local', 15, ['==', ['get', 'class'], 'local'], 11, 300, p.textSoft, p.halo),
    roadName('road-name-collector', 13.6, ['==', ['get', 'class'], 'collector'], 12, 340, p.text, p.halo),
    roadName('road-name-arterial', 12.4, ['==', ['get', 'class'], 'arterial'], 13, 380, p.text, p.halo),
    {
      id: 'water-name', type: 'symbol', source: 'base', 'source-layer': 'water_label', minzoom: 11,
      filter: ['!=', ['geometry-type'], 'LineString'],
      layout: { 'text-field': name, 'text-font': medium, 'text-size': 12.5, 'text-letter-spacing': 0.15, 'text-max-width': 6 },
      paint: { 'text-color': p.waterText, 'text-halo-color': p.water, 'text-halo-width': 1 },
    },
    {
      id: 'water-name-line', type: 'symbol', source: 'base', 'source-layer': 'water_label', minzoom: 12,
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'text-field': name, 'text-font': medium, 'text-size': 13, 'text-letter-spacing': 0.3, 'symbol-placement': 'line', 'symbol-spacing': 420 },
      paint: { 'text-color': p.waterText, 'text-halo-color': p.water, 'text-halo-width': 1 },
    },
    {
      id: 'community-name', type: 'symbol', source: 'base', 'source-layer': 'community_label', minzoom: 12, maxzoom: 17,
      layout: { 'text-field': name, 'text-font': medium, 'text-size': ['interpolate', ['linear'], ['zoom'], 12, 11, 15, 14, 17, 16], 'text-letter-spacing': 0.12, 'text-max-width': 8, 'text-padding': 4 },
      paint: { 'text-color': p.textArea, ...halo, 'text-halo-width': 1.8, 'text-opacity': ['interpolate', ['linear'], ['zoom'], 15.4, 1, 16.6, 0.55] },
    },
    {
      id: 'street-name', type: 'symbol', source: 'base', 'source-layer': 'street_label', maxzoom: 13.8,
      layout: { 'text-field': name, 'text-font': medium, 'text-size': ['interpolate', ['linear'], ['zoom'], 9, 12, 13, 18], 'text-letter-spacing': 0.25, 'text-max-width': 9 },
      paint: { 'text-color': p.textArea, ...halo, 'text-halo-width': 2 },
    },
  ]
}

function roadName(id: string, minzoom: number, filter: ExpressionSpecification | boolean, size: number, spacing: number, colour: string, halo: string): LayerSpecification {
  return {
    id, type: 'symbol', source: 'base', 'source-layer': 'road', minzoom, filter: filter as ExpressionSpecification,
    layout: {
      'text-field': name, 'text-font': regular, 'text-size': ['interpolate', ['linear'], ['zoom'], minzoom, size - 1, 18, size + 2],
      'symbol-placement': 'line', 'symbol-spacing': spacing, 'text-letter-spacing': 0.08, 'text-max-angle': 35, 'text-padding': 4,
    },
    paint: { 'text-color': colour, 'text-halo-color': halo, 'text-halo-width': 1.5 },
  }
}
