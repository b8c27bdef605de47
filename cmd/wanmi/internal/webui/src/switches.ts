// Which layers are seen: the switches' state, and a style document dressed accordingly.
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { remember, remembered } from './memory.ts'
import { majors } from './style/palette.ts'

export interface Switch {
  id: string
  zh: string
  en: string
  layers: readonly string[] // layers of the style it shows and hides
  on: boolean // at first
  from?: number // zoom from which there is something to see
  count?: string // layer of the catalogue whose count stands beside it
}

export const switches: readonly Switch[] = [
  { id: 'unit_grid', zh: '单元网格', en: 'Unit grids', layers: ['unit_grid', 'unit_grid-number', 'unit_grid-area'], on: true, from: 12.5, count: 'unit_grid' },
  { id: 'work_grid', zh: '责任网格', en: 'Work grids', layers: ['work_grid'], on: false, from: 11, count: 'work_grid' },
  { id: 'community', zh: '社区界', en: 'Communities', layers: ['community', 'community-name'], on: true, from: 11, count: 'community' },
  { id: 'street', zh: '街道界', en: 'Streets (offices)', layers: ['street', 'street-band', 'street-name'], on: true, count: 'street' },
  { id: 'building', zh: '建筑物', en: 'Buildings', layers: ['building', 'building-edge', 'building-name'], on: true, from: 14, count: 'building' },
  { id: 'poi', zh: '兴趣点', en: 'Points of interest', layers: ['poi'], on: true, from: 15.5, count: 'poi' },
  { id: 'door', zh: '门牌', en: 'Door numbers', layers: ['door'], on: true, from: 17.3, count: 'door' },
  { id: 'case', zh: '案件', en: 'Cases', layers: ['case'], on: false, from: 12, count: 'case' },
]

export const componentLayers: readonly string[] = ['component-area', 'component-edge', 'component-line', 'component-fault', 'component-dot', 'component']

export const majorNames: Record<string, [string, string]> = {
  '01': ['公用设施', 'Utilities'],
  '02': ['交通设施', 'Traffic'],
  '03': ['市容环卫', 'Sanitation'],
  '04': ['园林绿化', 'Greenery'],
  '05': ['其他', 'Other'],
}

const state = new Map<string, boolean>()
for (const s of switches) state.set(s.id, s.on)
for (const m of majors) state.set(`major-${m}`, true)
load()

function load(): void {
  try {
    const saved = JSON.parse(remembered('layers') ?? '{}') as Record<string, unknown>
    for (const [id, on] of Object.entries(saved)) if (state.has(id) && typeof on === 'boolean') state.set(id, on)
  } catch { /* not ours or broken: as at first */ }
}

export function isOn(id: string): boolean { return state.get(id) ?? true }

export function turn(id: string, on: boolean): void {
  state.set(id, on)
  remember('layers', JSON.stringify(Object.fromEntries(state)))
}

const major = ['slice', ['coalesce', ['get', 'class'], '05'], 0, 2]

/** The style with the switches' state in it. */
export function dress(style: StyleSpecification): StyleSpecification {
  const hidden = new Map<string, boolean>()
  for (const s of switches) for (const id of s.layers) hidden.set(id, !isOn(s.id))
  const test = majorTest()
  const layers = style.layers.map((l): LayerSpecification => {
    if (hidden.has(l.id)) return { ...l, layout: { ...l.layout, visibility: hidden.get(l.id) ? 'none' : 'visible' } } as LayerSpecification
    if (!componentLayers.includes(l.id)) return l
    if (test === 'none') return { ...l, layout: { ...l.layout, visibility: 'none' } } as LayerSpecification
    if (test === 'all') return l
    const own = (l as { filter?: FilterSpecification }).filter
    return { ...l, filter: own ? ['all', own, test] : test } as LayerSpecification
  })
  return { ...style, layers }
}

function majorTest(): FilterSpecification | 'all' | 'none' {
  const off = majors.filter((m) => !isOn(`major-${m}`))
  if (off.length === 0) return 'all'
  if (off.length === majors.length) return 'none'
  // The last major also stands for every class that is of none of the others.
  const known = majors.slice(0, -1) as string[]
  const test = isOn(`major-${majors[majors.length - 1]}`)
    ? ['!', ['in', major, ['literal', off]]]
    : ['in', major, ['literal', known.filter((m) => !off.includes(m as typeof off[number]))]]
  return test as unknown as FilterSpecification
}
