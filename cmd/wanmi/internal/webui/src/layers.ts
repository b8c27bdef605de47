// The box of layer switches, which is the legend too.
import type { Catalog } from './api.ts'
import { byId, h, iconButton } from './dom.ts'
import { icons } from './icons.ts'
import { languageTag, pick, t } from './i18n.ts'
import { dark, light, majors } from './style/palette.ts'
import { figures, symbolSVG } from './style/symbols.ts'
import { isOn, majorNames, type Switch, switches, turn } from './switches.ts'
import { theme } from './theme.ts'

export class LayerBox {
  private catalog: Catalog | null = null

  /** changed is called after a switch was turned. */
  constructor(private readonly changed: () => void, private readonly zoom: () => number) {}

  /** Takes the counts of a catalogue. */
  count(catalog: Catalog): void {
    this.catalog = catalog
    if (this.isOpen()) this.draw()
  }

  isOpen(): boolean { return !byId('layers').hidden }

  toggle(open = !this.isOpen()): void {
    const box = byId('layers')
    const was = this.isOpen()
    box.hidden = !open
    byId('layers-button').setAttribute('aria-expanded', String(open))
    if (open) {
      this.draw()
      box.querySelector<HTMLElement>('input')?.focus({ preventScroll: true })
    } else if (was) byId('layers-button').focus({ preventScroll: true })
  }

  draw(): void {
    const top = switches.filter((s) => s.id.endsWith('grid'))
    const rest = switches.filter((s) => !s.id.endsWith('grid'))
    byId('layers').replaceChildren(
      h('header', { class: 'sheet-head' }, h('h2', {}, t('layers')), iconButton(icons.close, t('close'), () => this.toggle(false))),
      h('div', { class: 'switches' }, ...top.map((s) => this.row(s))),
      this.components(),
      h('div', { class: 'switches' }, ...rest.map((s) => this.row(s))))
  }

  private number(layer?: string): string {
    const n = this.catalog?.layers.find((l) => l.name === layer)?.count
    return n === undefined ? '' : new Intl.NumberFormat(languageTag()).format(n)
  }

  private row(s: Switch): HTMLElement {
    const hint = s.from && this.zoom() < s.from ? t('zoomHint', { z: s.from }) : ''
    return this.label(s.id, swatch(s.id), pick(s.zh, s.en), hint || this.number(s.count))
  }

  private label(id: string, sample: HTMLElement, text: string, note: string): HTMLElement {
    return h('label', { class: 'switch' },
      h('input', { type: 'checkbox', role: 'switch', checked: isOn(id), 'data-switch': id, onchange: (e: Event) => { turn(id, (e.target as HTMLInputElement).checked); this.changed() } }),
      sample, h('span', { class: 'switch-name' }, text), h('span', { class: 'switch-note' }, note))
  }

  private components(): HTMLElement {
    return h('section', { class: 'switch-group' },
      h('h3', {}, t('components'), h('span', { class: 'switch-note' }, this.number('component'))),
      ...majors.map((m) => this.label(`major-${m}`, h('span', { class: 'swatch', html: symbolSVG(`major-${m}`) }), pick(...majorNames[m]), '')),
      h('div', { class: 'switch fault-key' }, swatch('fault'), h('span', { class: 'switch-name' }, t('faultyState'))),
      h('div', { class: 'figures' }, ...Object.entries(figures).map(([name, f]) =>
        h('span', { class: 'figure' }, h('span', { class: 'swatch', html: symbolSVG(name) }), pick(f.zh, f.en)))))
  }
}

// Small drawings of how a layer looks on the map.
function swatch(id: string): HTMLElement {
  const p = theme() === 'dark' ? dark : light
  const line = (colour: string, width: number, dash = '', extra = '') =>
    `<svg viewBox="0 0 24 24" aria-hidden="true">${extra}<path d="M2 17 9 7l6 8 7-9" fill="none" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dash}"/></svg>`
  const art: Record<string, string> = {
    unit_grid: `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 4h18v16H3zM11 4v16M3 13h8M11 10h10" fill="none" stroke="${p.grid}" stroke-width="1.4"/></svg>`,
    work_grid: line(p.work, 2.4),
    community: line(p.border, 1.8, '6 2 1.2 2'),
    street: line(p.borderStrong, 2, '8 2 1.5 2', `<path d="M2 17 9 7l6 8 7-9" fill="none" stroke="${p.borderStrong}" stroke-opacity=".2" stroke-width="6"/>`),
    building: `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 6h10v5h6v8H4z" fill="${p.buildingTall}" stroke="${p.buildingEdge}"/></svg>`,
    poi: `<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="4.6" fill="${p.poi}" stroke="#fff" stroke-width="1.6"/></svg>`,
    door: `<svg viewBox="0 0 24 24" aria-hidden="true"><text x="12" y="16.5" text-anchor="middle" font-size="12" fill="${p.door}">12</text></svg>`,
    case: symbolSVG('case'),
    fault: `<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="7" fill="${p.alert}" fill-opacity=".16" stroke="${p.alert}" stroke-width="1.4"/></svg>`,
  }
  return h('span', { class: 'swatch', html: art[id] ?? '' })
}
