// Corrections: a dispatcher clicks where a report really is; an editor looks at what is to be learned from it and decides.
import { api, type Correction } from './api.ts'
import type { App } from './app.ts'
import { h } from './dom.ts'
import { metres, type LonLat } from './format.ts'
import { pick, t } from './i18n.ts'
import { fitGeometry } from './map.ts'
import { showFound } from './overlay.ts'
import * as sheet from './sheet.ts'
import { say, sayError } from './toast.ts'

export class Feedback {
  private role = '' // of the reader, "" signed out
  private asked: { text: string, at: LonLat | null } | null = null // the correction being made
  private note = ''
  private list: Correction[] = []
  private why: Record<number, string> = {} // what was typed beside a correction

  constructor(private readonly app: App) {
    api.session().then((s) => { this.role = s.role ?? ''; sheet.redraw() }).catch(() => { /* signed out: nothing is offered */ })
  }

  /** The way from an answer to its correction; nothing for readers who may not correct. */
  offer(text: string): HTMLElement | false {
    if (!['surveyor', 'editor', 'admin'].includes(this.role)) return false
    return h('p', { class: 'correct' },
      h('button', { type: 'button', class: 'link', id: 'correct', onclick: () => this.begin(text) }, t('correct')),
      this.role !== 'surveyor' && h('button', { type: 'button', class: 'link', id: 'review', onclick: () => void this.review() }, t('corrections')))
  }

  /** Takes a click on the map for the correction being made; false: the click is for others. */
  take(at: LonLat): boolean {
    if (!this.asked || sheet.shown() !== 'correction') return false
    this.asked.at = at
    showFound(this.app.map, at)
    sheet.redraw()
    return true
  }

  private begin(text: string): void {
    this.asked = { text, at: null }
    this.note = ''
    this.app.map.getCanvas().classList.add('picking')
    sheet.open({
      name: 'correction', kicker: () => t('correctHint'), title: () => `“${text}”`, body: (into) => this.form(into),
      closed: () => this.end(),
    }, true)
  }

  private end(): void {
    this.asked = null
    this.app.map.getCanvas().classList.remove('picking')
    this.app.clear()
  }

  private form(into: HTMLElement): void {
    const at = this.asked?.at
    const note = h('input', { type: 'text', maxLength: 500, placeholder: t('note'), 'aria-label': t('note'), value: this.note, oninput: () => { this.note = note.value } })
    into.append(h('form', { class: 'report-form', onsubmit: (e: Event) => { e.preventDefault(); void this.send() } },
      h('p', { class: at ? 'code' : 'ask' }, at ? `${at[0].toFixed(6)}, ${at[1].toFixed(6)}` : t('clickRight')), note,
      h('button', { type: 'submit', class: 'primary', disabled: !at }, t('send'))))
  }

  private async send(): Promise<void> {
    const c = this.asked
    if (!c?.at) return
    try {
      const kept = await api.correct({ text: c.text, point: c.at, note: this.note })
      this.app.map.getCanvas().classList.remove('picking')
      this.asked = null
      say(t('sent'), t('sentNote', { id: kept.id }))
      if (this.role === 'surveyor') sheet.close()
      else await this.review(kept.id)
    } catch (err) {
      sayError(err)
    }
  }

  private async review(first = 0): Promise<void> {
    try {
      this.list = (await api.corrections()).feedback
    } catch (err) {
      sayError(err)
      return
    }
    this.list.sort((a, b) => Number(b.id === first) - Number(a.id === first))
    sheet.open({
      name: 'corrections', kicker: () => t('resultCount', { n: this.list.length }), title: () => t('corrections'),
      body: (into) => into.append(this.list.length > 0 ? h('ol', { class: 'corrections' }, ...this.list.map((c) => this.item(c))) : h('p', { class: 'empty' }, t('noCorrections'))),
      closed: () => this.app.clear(),
    })
    if (this.list.length > 0 && first > 0) this.show(this.list[0])
  }

  /** One that waits: what is answered today, what it would teach, what speaks against it. */
  private item(c: Correction): HTMLElement {
    const why = h('input', { type: 'text', maxLength: 500, placeholder: t('reason'), 'aria-label': t('reason'), value: this.why[c.id] ?? '', oninput: () => { this.why[c.id] = why.value } })
    const l = c.learn
    const learned = !l || l.kind === 'none' ? pick(l?.why_zh, l?.why) : `“${l.name}” → ${l.kind === 'alias' ? l.place_name : t('thePoint')}`
    const against = c.conflicts.map((x) => h('li', {}, pick(x.text_zh, x.text)))
    return h('li', { 'data-id': c.id },
      h('button', { type: 'button', class: 'result', onclick: () => this.show(c) },
        h('span', { class: 'hit-name' }, c.text), h('span', { class: 'hit-kind' }, `${c.id} · ${c.by}`),
        h('span', { class: 'hit-note' }, c.today ? `${t('today')} ${c.today.label} · ${metres(c.today.distance_m)}` : `${t('today')} ${t('notLocated')}`),
        c.unread.length > 0 && h('span', { class: 'hit-note' }, `${t('unread')} ${c.unread.join('、')}`)),
      h('p', { class: 'learned' }, t('learned'), h('b', {}, learned)), against.length > 0 && h('ul', { class: 'faults' }, ...against),
      h('div', { class: 'verdict' }, why,
        l?.kind !== 'none' && h('button', { type: 'button', class: 'text-button accept', onclick: () => void this.decide(c, 'accept') }, t(against.length > 0 ? 'acceptStill' : 'accept')),
        h('button', { type: 'button', class: 'text-button reject', onclick: () => void this.decide(c, 'reject') }, t('reject'))))
  }

  private show(c: Correction): void {
    showFound(this.app.map, c.point)
    fitGeometry(this.app.map, c.today && c.today.distance_m < 5000 ? [c.point, c.today.point] : [c.point], 17.5)
  }

  private async decide(c: Correction, verb: 'accept' | 'reject'): Promise<void> {
    const why = (this.why[c.id] ?? '').trim()
    if (!why && (verb === 'reject' || c.conflicts.length > 0)) {
      say(t('sayWhy'))
      document.querySelector<HTMLInputElement>(`.corrections [data-id="${c.id}"] input`)?.focus()
      return
    }
    try {
      await api.decide(c.id, verb, { why, force: verb === 'accept' && c.conflicts.length > 0 })
      say(t(verb === 'accept' ? 'accepted' : 'rejected'), c.text)
      await this.review()
    } catch (err) {
      sayError(err)
    }
  }
}
