// The search box: suggestions while typing, the whole list on Enter. A combobox after WAI-ARIA's pattern.
import { api, type Hit } from './api.ts'
import { type App, layerWord } from './app.ts'
import { byId, h } from './dom.ts'
import type { Feedback } from './feedback.ts'
import { percent } from './format.ts'
import { t } from './i18n.ts'
import { boxOf } from './format.ts'
import { fit } from './map.ts'
import * as sheet from './sheet.ts'
import { sayError } from './toast.ts'

const wait = 140 // ms of quiet typing before suggestions are asked for

export class Search {
  private readonly input = byId('search') as HTMLInputElement
  private readonly list = byId('suggestions')
  private hits: Hit[] = []
  private active = -1
  private timer = 0
  private asked: AbortController | null = null

  constructor(private readonly app: App, private readonly feedback: Feedback) {
    this.input.addEventListener('input', () => this.typed())
    this.input.addEventListener('keydown', (e) => this.key(e))
    this.input.addEventListener('focus', () => { if (this.hits.length > 0 && this.input.value) this.openList() })
    this.input.addEventListener('blur', () => setTimeout(() => this.closeList(), 120))
    byId('clear').addEventListener('click', () => { this.clear(); this.input.focus() })
    byId('search-form').addEventListener('submit', (e) => { e.preventDefault(); void this.submit() })
  }

  focus(): void {
    this.input.focus()
    this.input.select()
  }

  clear(): void {
    this.input.value = ''
    this.hits = []
    this.closeList()
    byId('clear').hidden = true
    if (sheet.shown() === 'results') sheet.close()
  }

  private typed(): void {
    const text = this.input.value.trim()
    byId('clear').hidden = this.input.value === ''
    clearTimeout(this.timer)
    this.asked?.abort()
    if (!text) {
      this.hits = []
      this.closeList()
      return
    }
    this.timer = window.setTimeout(() => void this.suggest(text), wait)
  }

  private async suggest(text: string): Promise<void> {
    this.asked = new AbortController()
    try {
      const found = await api.autocomplete(text, this.app.focus(), this.asked.signal)
      if (text !== this.input.value.trim() || document.activeElement !== this.input) return
      this.hits = found.features
      this.active = -1
      this.openList()
    } catch (err) {
      sayError(err)
    }
  }

  private openList(): void {
    this.list.replaceChildren(...this.hits.map((hit, i) => h('li', {
      role: 'option', id: `option-${i}`, 'aria-selected': String(i === this.active),
      onpointerdown: (e: Event) => { e.preventDefault(); this.choose(i) },
    }, ...hitText(hit))))
    this.list.hidden = this.hits.length === 0
    this.input.setAttribute('aria-expanded', String(this.hits.length > 0))
    this.mark()
  }

  private closeList(): void {
    this.list.hidden = true
    this.active = -1
    this.input.setAttribute('aria-expanded', 'false')
    this.input.removeAttribute('aria-activedescendant')
  }

  private mark(): void {
    this.list.querySelectorAll('[role=option]').forEach((el, i) => {
      el.setAttribute('aria-selected', String(i === this.active))
      if (i === this.active) el.scrollIntoView({ block: 'nearest' })
    })
    if (this.active >= 0) this.input.setAttribute('aria-activedescendant', `option-${this.active}`)
    else this.input.removeAttribute('aria-activedescendant')
  }

  private key(e: KeyboardEvent): void {
    if (e.isComposing) return // an input method is at work: its Enter and arrows are its own
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      if (this.hits.length === 0) return
      e.preventDefault()
      if (this.list.hidden) this.openList()
      const n = this.hits.length + 1 // one place for the words as typed
      this.active = (this.active + 1 + (e.key === 'ArrowDown' ? 1 : n - 1)) % n - 1
      this.mark()
    } else if (e.key === 'Escape') {
      e.stopPropagation()
      if (!this.list.hidden) this.closeList()
      else if (this.input.value) this.clear()
      else this.input.blur()
    } else if (e.key === 'Enter') {
      e.preventDefault()
      if (this.active >= 0) this.choose(this.active)
      else void this.submit()
    }
  }

  private choose(i: number): void {
    const hit = this.hits[i]
    this.input.value = hit.properties.name ?? hit.properties.label ?? ''
    this.closeList()
    this.show([hit], this.input.value)
  }

  private async submit(): Promise<void> {
    const text = this.input.value.trim()
    clearTimeout(this.timer)
    this.asked?.abort()
    this.closeList()
    if (!text) return
    try {
      this.show((await api.search(text, this.app.focus())).features, text)
    } catch (err) {
      sayError(err)
    }
  }

  private show(hits: Hit[], text: string): void {
    const only = hits.length === 1 ? hits[0].properties.layer : ''
    if (only === 'grid' || only === 'component') {
      this.app.go(hits[0])
      return
    }
    const asOf = this.feedback.decided
    sheet.open({
      name: 'results',
      kicker: () => hits.length > 0 ? t('resultCount', { n: hits.length }) : '',
      title: () => t('results'),
      body: (into) => into.append(hits.length > 0 ? this.results(hits)
        : h('div', { class: 'empty' }, h('p', {}, t('nothing', { text })), h('p', { class: 'quiet' }, t('nothingHint'))), this.feedback.offer(text, false) || ''),
      closed: () => this.app.clear(),
      again: () => { if (hits.length === 0 && this.feedback.decided > asOf) void this.submit() },
    })
    if (hits.length === 0) return
    const best = hits[0].properties.confidence ?? 0
    const equals = hits.filter((x) => (x.properties.confidence ?? 0) >= best - 0.02)
    const box = boxOf(equals.map((x) => x.geometry.coordinates))
    this.app.go(hits[0], true)
    if (equals.length > 1 && box && (hits[0].properties.layer ?? '') !== 'street') fit(this.app.map, box, 17.4)
  }

  private results(hits: Hit[]): HTMLElement {
    const list = h('ol', { class: 'results' })
    hits.forEach((hit, i) => {
      const button = h('button', { type: 'button', class: 'result', onclick: () => {
        list.querySelectorAll('.result').forEach((el) => el.removeAttribute('aria-current'))
        button.setAttribute('aria-current', 'true')
        this.app.go(hit, true)
      } }, ...hitText(hit))
      if (i === 0) button.setAttribute('aria-current', 'true')
      list.append(h('li', {}, button))
    })
    return list
  }
}

function hitText(hit: Hit): HTMLElement[] {
  const p = hit.properties
  const label = p.label ?? p.name ?? ''
  const name = p.name && label.includes(p.name) && p.name !== label ? p.name : label
  const area = [p.district ?? p.localadmin, p.locality ?? p.neighbourhood].filter(Boolean).join(' · ')
  const note = name === label ? area : label
  return [
    h('span', { class: 'hit-name' }, name),
    h('span', { class: 'hit-kind' }, [layerWord(p.layer), p.confidence !== undefined ? percent(p.confidence) : ''].filter(Boolean).join(' ')),
    h('span', { class: 'hit-note' }, note),
  ]
}
