// The map style as a function of its palette. See palette.ts for colours, symbols.ts for symbols.
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { areas } from './areas.ts'
import { components } from './components.ts'
import { doors, labels } from './labels.ts'
import type { Palette } from './palette.ts'
import { roads } from './roads.ts'

/** Layers of tiles the map of the city is drawn from; they change when the base map does. */
export const baseLayers = 'street,street_label,community,community_label,land,land_label,water,water_label,rail,road,building,building_label,door,poi'

/** Layers of tiles that change with the work of the day. */
export const cityLayers = 'unit_grid,unit_grid_label,work_grid,component,case'

/** The style; "{base}" in its addresses stands for the server's own. */
export function style(name: string, p: Palette): StyleSpecification {
  const layers: LayerSpecification[] = [
    { id: 'paper', type: 'background', paint: { 'background-color': p.paper } },
    ...areas(p),
    ...roads(p),
    ...doors(p),
    ...components(p),
    ...labels(p),
  ]
  return {
    version: 8,
    name: `Wanmi ${name}`,
    metadata: { 'wanmi:theme': name },
    sprite: `{base}/sprites/${name}`,
    sources: {
      base: { type: 'vector', url: `{base}/tiles/${baseLayers}.json` },
      city: { type: 'vector', url: `{base}/tiles/${cityLayers}.json` },
    },
    transition: { duration: 200, delay: 0 },
    layers: ordered(layers),
  }
}

// Drawing order where it differs from the order of the files: symbols after all fills and lines.
function ordered(layers: LayerSpecification[]): LayerSpecification[] {
  const symbol = (l: LayerSpecification) => l.type === 'symbol'
  return [...layers.filter((l) => !symbol(l)), ...layers.filter(symbol)]
}
