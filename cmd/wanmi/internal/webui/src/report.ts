// The report panel: a pasted text, the place it means, and why.
import { api, type Candidate, type Catalog, type Fault, type Located, type Place, type Reason } from './api.ts'
import { type App, layerWord } from './app.ts'
import { codeText } from './card.ts'
import { h } from './dom.ts'
import type { Feedback } from './feedback.ts'
import { circle, metres, percent } from './format.ts'
import { pick, t } from './i18n.ts'
import { fitGeometry } from './map.ts'
import { showFound, showSelection } from './overlay.ts'
import * as sheet from './sheet.ts'
import { symbolOf } from './style/symbols.ts'
import { sayError } from './toast.ts'

export class Report {
  private text = ''
  private located = '' // the text the answer is to
  private decided = 0 // how many corrections had been decided then
  private busy = false
  private found: Located | null = null
  private chosen: Place | null = null // an alternative the reader prefers
  private examples: string[] = []

  constructor(private readonly app: App, private readonly feedback: Feedback) {}

  /** Takes example reports the catalogue offers. */
  offer(catalog: Catalog): void { this.examples = (catalog.examples ?? []).slice(0, 6) }

  open(): void {
    if (this.examples.length === 0) this.examples = examplesOf(this.app)
    sheet.open({
      name: 'report',
      kicker: () => t('reportHint'),
      title: () => t('report'),
      body: (into) => this.draw(into),
      closed: () => { this.found = null; this.app.clear() },
      again: () => void (this.found && this.feedback.decided > this.decided ? this.locate() : this.onMap()),
    })
    document.querySelector<HTMLTextAreaElement>('#report-text')?.focus({ preventScroll: true })
  }

  private draw(into: HTMLElement): void {
    const area = h('textarea', {
      id: 'report-text', rows: this.found ? 2 : 3, maxLength: 512, placeholder: t('reportPlaceholder'), 'aria-label': t('report'), value: this.text,
      oninput: () => { this.text = area.value },
      onkeydown: (e: KeyboardEvent) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); void this.locate() } },
    })
    const form = h('form', { class: 'report-form', onsubmit: (e: Event) => { e.preventDefault(); void this.locate() } },
      area, h('button', { type: 'submit', class: 'primary', disabled: this.busy }, t(this.busy ? 'locating' : 'locate')))
    into.append(form)
    if (this.found) into.append(this.answer(this.found), this.feedback.offer(this.located, !!this.found.place, this.found.reasons ?? []) || '')
    else if (this.examples.length > 0) into.append(this.exampleList())
    if (!this.found) into.append(this.feedback.desk() || '')
  }

  private exampleList(): HTMLElement {
    return h('section', { class: 'examples' }, h('h3', {}, t('examples')),
      h('ul', {}, ...this.examples.map((text) => h('li', {}, h('button', {
        type: 'button', class: 'example', onclick: () => { this.text = text; void this.locate() },
      }, text)))))
  }

  private async locate(): Promise<void> {
    const text = this.text.trim()
    if (!text || this.busy) return
    this.busy = true
    sheet.redraw()
    try {
      this.decided = this.feedback.decided
      this.found = await api.locate(text)
      this.located = text
      this.chosen = null
      void this.onMap()
    } catch (err) {
      sayError(err)
    } finally {
      this.busy = false
      if (sheet.shown() === 'report') {
        sheet.redraw()
        // On a phone the words are long read: what was found comes into view instead. On a desk the next report can be typed at once.
        if (sheet.narrow()) document.querySelector('#sheet .answer')?.scrollIntoView({ block: 'start' })
        else document.querySelector<HTMLElement>('#report-text')?.focus({ preventScroll: true })
      }
    }
  }

  private async onMap(): Promise<void> {
    const f = this.found
    const place = this.chosen ?? f?.place
    if (!f || !place) {
      showFound(this.app.map, null)
      showSelection(this.app.map, [])
      return
    }
    const radius = this.chosen ? place.uncertainty_m : f.uncertainty_m
    const candidates = this.chosen ? [] : (f.components ?? [])
    const others = (f.alternatives ?? []).map((a) => a.place).filter((p) => p !== this.chosen)
    showFound(this.app.map, place.point, radius, candidates, others)
    fitGeometry(this.app.map, [circle(place.point, Math.max(radius * 1.6, 60)), candidates.slice(0, 3).map((c) => c.point)], 18)
    const grid = this.chosen ? (f.alternatives ?? []).find((a) => a.place === this.chosen)?.grid : f.grid
    try {
      const cell = grid ? await api.grid(grid.code) : null
      if (this.found === f) showSelection(this.app.map, [cell?.geometry ?? null])
    } catch (err) {
      sayError(err)
    }
  }

  private answer(f: Located): HTMLElement {
    const box = h('div', { class: 'answer' })
    if (!f.place) {
      box.append(h('div', { class: 'empty' }, h('p', {}, t('notLocated'))))
      const matter = matterRow(f)
      if (matter) box.append(h('dl', { class: 'fields' }, h('dt', {}, t('matter')), h('dd', {}, ...matter)))
    } else {
      box.append(this.placeBox(this.chosen ?? f.place, f))
      if (!this.chosen) box.append(this.facts(f), this.candidates(f.components ?? [], f))
    }
    if (f.ask) box.append(h('p', { class: 'ask' }, h('strong', {}, t('ask')), f.ask))
    box.append(this.reasons(f), this.alternatives(f))
    return box
  }

  private placeBox(p: Place, f: Located): HTMLElement {
    const score = this.chosen ? p.score : f.score
    return h('section', { class: 'place' },
      h('p', { class: 'place-label' }, p.label || p.name),
      h('p', { class: 'quiet' }, [layerWord(p.layer), [p.street, p.community].filter(Boolean).join(' · ')].filter(Boolean).join(' · ')),
      h('div', { class: 'score' },
        h('meter', { min: 0, max: 1, value: score, low: 0.5, high: 0.8, optimum: 1, 'aria-label': t('score') }),
        h('span', {}, `${t('score')} ${percent(score)}`),
        h('span', {}, `${t('uncertainty')} ${metres(this.chosen ? p.uncertainty_m : f.uncertainty_m)}`)))
  }

  private facts(f: Located): HTMLElement {
    const rows: HTMLElement[] = []
    const row = (title: string, ...content: (HTMLElement | string)[]) => rows.push(h('dt', {}, title), h('dd', {}, ...content))
    if (f.grid) {
      const g = f.grid
      row(t('grid'), h('button', { type: 'button', class: 'link', onclick: () => void this.app.select({ kind: 'grid', code: g.code }, { keep: true }) }, codeText(g.code)))
    } else row(t('grid'), h('span', { class: 'quiet' }, t('outside')))
    if (f.community) row(t('community'), f.community.name)
    if (f.street) row(t('street'), f.street.name)
    const matter = matterRow(f)
    if (matter) row(t('matter'), ...matter)
    if (f.department) {
      const by = f.department.by === 'component' ? t('byComponent') : t('byResponsibility')
      row(t('department'), h('strong', {}, f.department.name), h('span', { class: 'quiet' }, ` ${by}`, f.department.phone && h('span', { class: 'phone' }, ` · ${f.department.phone}`)))
    }
    return h('dl', { class: 'fields' }, ...rows)
  }

  private candidates(list: Candidate[], f: Located): HTMLElement {
    if (list.length === 0 && (f.classes ?? []).length === 0) return h('span', {}) // none was asked for
    const names = [...new Set((f.classes ?? []).map((c) => c.name))]
    const named = names.slice(0, 3).join('、') + (names.length > 3 ? '…' : '')
    return h('section', {}, h('h3', {}, t('candidates'), named && h('span', { class: 'switch-note' }, named)),
      list.length === 0 ? h('p', { class: 'quiet' }, t('noCandidates'))
        : h('ol', { class: 'candidates' }, ...list.slice(0, 8).map((c, i) => h('li', {},
          h('button', { type: 'button', class: 'candidate', 'data-code': c.code, onclick: () => void this.app.select({ kind: 'component', code: c.code }, { keep: true }) },
            h('span', { class: 'rank' }, String(i + 1)), h('span', { class: 'symbol', html: symbolOf(c.class, c.class_name) }),
            h('span', { class: 'hit-name' }, [c.name || c.class_name, c.label].filter(Boolean).join(' ')),
            h('span', { class: 'hit-kind' }, `${metres(c.distance_m)} · ${percent(c.score)}`),
            h('span', { class: 'hit-note' }, [c.department, pick(c.why_zh, c.why)].filter(Boolean).join(' · ')))))))
  }

  private reasons(f: Located): HTMLElement {
    const reasons = [...(f.reasons ?? [])]
    const faults = [...(f.faults ?? f.place?.faults ?? [])]
    if (reasons.length === 0 && faults.length === 0) return h('span', {})
    return h('section', { class: 'reasons' }, h('h3', {}, t('reasons')),
      h('p', { class: 'words' }, ...reasons.map((r) => h('span', { class: 'word' }, h('b', {}, r.word), useWord(r), r.years && ` · ${pick(`曾用名，${r.years}`, `former name, ${r.years}`)}`, r.by && ` · ${pick(r.by, r.by.replace('，审核 ', ', accepted by '))}`))),
      faults.length > 0 && h('ul', { class: 'faults' }, ...faults.map((x: Fault) => h('li', {}, pick(x.text_zh, x.text), x.cost > 0 && h('span', { class: 'quiet' }, ` −${percent(x.cost > 1 ? x.cost / 100 : x.cost)}`)))))
  }

  private alternatives(f: Located): HTMLElement {
    const list = f.alternatives ?? []
    if (list.length === 0) return h('span', {})
    const places: (Place | null)[] = [null, ...list.map((a) => a.place)]
    return h('section', {}, h('h3', {}, t('alternatives')),
      h('ol', { class: 'results' }, ...places.map((p) => {
        const shown = p ?? f.place
        if (!shown) return h('li', {})
        return h('li', {}, h('button', {
          type: 'button', class: 'result', 'aria-current': this.chosen === p ? 'true' : null,
          onclick: () => { this.chosen = p; void this.onMap(); sheet.redraw() },
        }, h('span', { class: 'hit-name' }, shown.label || shown.name), h('span', { class: 'hit-kind' }, percent(shown.score)), h('span', { class: 'hit-note' }, layerWord(shown.layer))))
      })))
  }
}

// What is wrong: its class and the words that say so.
function matterRow(f: Located): (HTMLElement | string)[] | null {
  if (!f.matter) return null
  const { code, name, word } = f.matter
  return [h('strong', {}, name), ' ', codeText(code), word ? h('span', { class: 'quiet' }, ` “${word}”`) : '']
}

const uses: Record<string, [string, string]> = {
  road: ['道路', 'road'], number: ['门牌号', 'house number'], lane: ['巷弄', 'lane'], intersection: ['路口', 'crossing'], poi: ['兴趣点', 'place'],
  community: ['社区', 'community'], street: ['街道', 'street office'], offset: ['方位距离', 'offset'], class: ['部件类别', 'class'], matter: ['事件', 'matter'],
  code: ['编码', 'code'], former_code: ['曾用编码', 'former code'], coordinate: ['坐标', 'coordinates'], admin: ['行政区', 'region'], building: ['楼栋', 'building'], unknown_road: ['无记录的道路', 'road not on file'], nearest_number: ['最近门牌', 'nearest number'], position: ['上报位置', 'position sent'],
  local_alias: ['俗名', 'local name'], local_rule: ['俗名', 'local name'],
}

function useWord(r: Reason): string {
  const u = uses[r.use]
  return u ? pick(u[0], u[1]) : r.use
}

// Examples made from what the map shows, when the server offers none: doors and components really there.
function examplesOf(app: App): string[] {
  const seen = (layer: string, source: string) => app.map.querySourceFeatures(source, { sourceLayer: layer }).map((f) => f.properties as Record<string, string>)
  const doors = seen('door', 'base').filter((p) => p.road && p.number)
  const components = seen('component', 'city').filter((p) => p.code && p.class_name)
  const spread = <T>(list: T[], n: number) => Array.from({ length: Math.min(n, list.length) }, (_, i) => list[Math.floor((i + 0.5) * list.length / Math.min(n, list.length))])
  const kinds = [...new Set(components.map((p) => p.class_name))]
  const out = spread(doors, 3).map((p, i) => `${p.road}${/号$|號$/.test(p.number) ? p.number : `${p.number}号`}门前${kinds.length > 0 ? kinds[i % kinds.length] : '路灯'}损坏`)
  out.push(...spread(components, 1).map((p) => `${p.class_name}${p.code}倾斜`))
  const c = app.map.getCenter()
  if (out.length > 0) out.push(`${c.lng.toFixed(5)},${c.lat.toFixed(5)} 附近垃圾箱满溢`)
  return out
}

