// What the parts of the page share: the map, the selection, and the verbs that show something.
import type { Map } from 'maplibre-gl'
import { api, type Feature, type Hit } from './api.ts'
import { showCard } from './card.ts'
import { formatView, type LonLat, type Selection } from './format.ts'
import { t } from './i18n.ts'
import { fitGeometry, flyTo } from './map.ts'
import { showFound, showSelection } from './overlay.ts'
import * as sheet from './sheet.ts'
import { sayError } from './toast.ts'

export class App {
  selected: Selection | null = null
  private asked = 0 // counts requests for a card: only the last one is shown

  constructor(readonly map: Map) {}

  /** The middle of the view, for searches that prefer what is near. */
  focus(): LonLat {
    const c = this.map.getCenter()
    return [c.lng, c.lat]
  }

  /** Shows the card of a cell or component. zoom: also moves the map there; keep: what the panel holds can be gone back to. */
  async select(s: Selection, { zoom = false, keep = false } = {}): Promise<void> {
    const turn = ++this.asked
    try {
      const f = await (s.kind === 'grid' ? api.grid(s.code) : api.component(s.code))
      if (turn !== this.asked) return
      this.selected = s
      showSelection(this.map, [f.geometry])
      showCard(this, s, f, keep)
      if (zoom) this.zoomTo(f, s.kind)
      this.remember()
    } catch (err) {
      if (turn === this.asked) sayError(err)
    }
  }

  zoomTo(f: Feature, kind: Selection['kind']): void {
    if (f.geometry) fitGeometry(this.map, f.geometry.coordinates, kind === 'grid' ? 17.5 : 18.5)
  }

  /** Nothing is selected any more. */
  unselect(): void {
    this.asked++
    this.selected = null
    showSelection(this.map, [])
    this.remember()
  }

  /** Clears everything the page has put on the map. */
  clear(): void {
    this.unselect()
    showFound(this.map, null)
  }

  /** Goes to a search hit: cells and components get their card, other places a pin. */
  go(hit: Hit, keep = false): void {
    const p = hit.properties
    const key = keyOf(hit)
    if ((p.layer === 'grid' || p.layer === 'component') && key) {
      showFound(this.map, null)
      void this.select({ kind: p.layer, code: key }, { zoom: true, keep })
      return
    }
    const at = hit.geometry.coordinates
    // A road or a community is no point with an error: a circle as long as the road would only veil the map.
    const area = ['street', 'neighbourhood', 'localadmin'].includes(p.layer ?? '')
    showFound(this.map, at, area ? 0 : p.uncertainty_m ?? 0)
    flyTo(this.map, at, zoomFor(p.layer))
  }

  /** Writes the view into the address. */
  remember(): void {
    const c = this.map.getCenter()
    const hash = formatView({ zoom: this.map.getZoom(), lat: c.lat, lon: c.lng, selected: this.selected ?? undefined })
    if (location.hash !== hash) history.replaceState(null, '', hash)
  }

  /** Closes the card when it is the one on show. */
  closeCard(): void {
    if (sheet.shown() === 'card') sheet.close()
    else if (this.selected) this.unselect()
  }
}

function keyOf(hit: Hit): string {
  const p = hit.properties
  return p.source_id ?? /:([^:]+)$/.exec(p.gid ?? p.id ?? '')?.[1] ?? ''
}

function zoomFor(layer = ''): number {
  const zooms: Record<string, number> = { address: 17.6, venue: 17.6, intersection: 17.4, coordinate: 17.4, street: 16, neighbourhood: 15.2, localadmin: 13.6 }
  return zooms[layer] ?? 17
}

/** The layer of a hit in words. */
export function layerWord(layer = ''): string {
  const names: Record<string, [string, string]> = {
    address: ['门牌', 'Door'], venue: ['兴趣点', 'Place'], intersection: ['路口', 'Crossing'], coordinate: ['坐标', 'Coordinates'], street: ['道路', 'Road'],
    neighbourhood: ['社区', 'Community'], localadmin: ['街道', 'Street office'], grid: [t('grid'), t('grid')], component: [t('component'), t('component')],
  }
  const n = names[layer]
  return n ? (document.documentElement.lang.startsWith('zh') ? n[0] : n[1]) : layer
}
