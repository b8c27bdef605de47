// Corrections: a dispatcher clicks where a report really is; an editor looks at what is to be learned from it, decides, and takes it back.
import { api, type Correction, type Reason, type Verb } from './api.ts'
import type { App } from './app.ts'
import { h } from './dom.ts'
import { metres, type LonLat } from './format.ts'
import { pick, t, type Word } from './i18n.ts'
import { fitGeometry } from './map.ts'
import { showFound } from './overlay.ts'
import * as sheet from './sheet.ts'
import { say, sayError } from './toast.ts'

type State = 'open' | 'accepted' // the two lists

const done: Record<Verb, Word> = { accept: 'accepted', reject: 'rejected', undo: 'undone' }

export class Feedback {
  /** How many decisions were taken here: an answer from before the last may be another now. */
  decided = 0
  private role = '' // of the reader, "" signed out
  private name = ''
  private asked: { text: string, at: LonLat | null, around: string } | null = null // the correction being made
  private note = ''
  private list: Correction[] = []
  private why: Record<number, string> = {} // what was typed beside a correction

  constructor(private readonly app: App) {
    api.session().then((s) => { this.role = s.role ?? ''; this.name = s.name ?? ''; sheet.redraw() }).catch(() => { /* signed out: nothing is offered */ })
  }

  /** The ways from an answer: to its correction, and back from what it was taught; nothing for readers who may not correct. */
  offer(text: string, placed: boolean, reasons: Reason[] = []): HTMLElement | false {
    if (!this.mayDecide() && this.role !== 'surveyor') return false
    const used = reasons.map((r) => /^local_name:F(\d+)$/.exec(r.ref ?? '')).find((m) => m)
    return h('p', { class: 'correct' },
      h('button', { type: 'button', class: 'link', id: 'correct', onclick: () => this.begin(text) }, t(placed ? 'correct' : 'correctNone')),
      this.mayDecide() && used && this.link('take-back', 'takeBack', () => this.review('accepted', Number(used[1]), true)),
      this.mayDecide() && this.link('review', 'corrections', () => this.review('open', 0, true)))
  }

  /** The way to the lists for those who decide, whatever was asked. */
  desk(): HTMLElement | false {
    return this.mayDecide() && h('p', { class: 'correct' },
      this.link('review', 'corrections', () => this.review('open', 0, true)), this.link('taught', 'taughtList', () => this.review('accepted', 0, true)))
  }

  /** Takes a click on the map for the correction being made; false: the click is for others. */
  take(at: LonLat): boolean {
    const c = this.asked
    if (!c || sheet.shown() !== 'correction') return false
    c.at = at
    c.around = ''
    showFound(this.app.map, at)
    sheet.redraw()
    const still = () => this.asked === c && c.at === at && sheet.shown() === 'correction'
    api.around(at).then((r) => {
      if (!still()) return
      c.around = r.features[0]?.properties.label ?? ''
      const line = document.querySelector('#sheet .around') // the form is not drawn anew: a note is being typed, maybe
      if (line) line.textContent = c.around
    }).catch((err) => { if (still()) sayError(err) })
    return true
  }

  private mayDecide(): boolean { return this.role === 'editor' || this.role === 'admin' }

  private link(id: string, word: Word, onclick: () => Promise<void>): HTMLElement {
    return h('button', { type: 'button', class: 'link', id, onclick: () => void onclick() }, t(word))
  }

  private begin(text: string): void {
    this.asked = { text, at: null, around: '' }
    this.note = ''
    this.app.map.getCanvas().classList.add('picking')
    sheet.open({
      name: 'correction', kicker: () => t('correctHint'), title: () => `“${text}”`, body: (into) => this.form(into),
      closed: () => { this.end(); this.app.clear() },
    }, true)
  }

  private end(): void {
    this.asked = null
    this.app.map.getCanvas().classList.remove('picking')
  }

  private form(into: HTMLElement): void {
    const at = this.asked?.at
    const note = h('input', { type: 'text', maxLength: 500, placeholder: t('note'), 'aria-label': t('note'), value: this.note, oninput: () => { this.note = note.value } })
    into.append(h('form', { class: 'report-form', onsubmit: (e: Event) => { e.preventDefault(); void this.send() } },
      at ? h('div', {}, h('p', { class: 'around' }, this.asked?.around || ' '), h('p', { class: 'quiet' }, `${at[0].toFixed(6)}, ${at[1].toFixed(6)} · ${t('clickAgain')}`))
        : h('p', { class: 'ask' }, t('clickRight')),
      note, h('button', { type: 'submit', class: 'primary', disabled: !at }, t('send')), this.name && h('p', { class: 'quiet' }, t('inName', { who: this.name }))))
  }

  private async send(): Promise<void> {
    const c = this.asked
    if (!c?.at) return
    try {
      const kept = await api.correct({ text: c.text, point: c.at, note: this.note })
      this.end()
      say(t('sent'), t('sentNote', { id: kept.id }))
      if (this.mayDecide()) await this.review('open', kept.id)
      else sheet.close()
    } catch (err) {
      sayError(err)
    }
  }

  /** Shows a list, the correction `first` at its head. keep: what the panel holds can be gone back to. */
  private async review(state: State, first = 0, keep = false): Promise<void> {
    try {
      this.list = await api.corrections(state)
    } catch (err) {
      sayError(err)
      return
    }
    this.list.sort((a, b) => Number(b.id === first) - Number(a.id === first))
    const open = state === 'open'
    const content: sheet.Content = {
      name: 'corrections', title: () => t(open ? 'corrections' : 'taughtList'),
      kicker: () => [t('correctionCount', { n: this.list.length }), this.name && t('inName', { who: this.name })].filter(Boolean).join(' · '),
      body: (into) => into.append(
        this.list.length > 0 ? h('ol', { class: 'corrections' }, ...this.list.map((c) => this.item(c, open))) : h('p', { class: 'empty' }, t(open ? 'noCorrections' : 'nothingTaught')),
        h('p', { class: 'correct' }, this.link('other-list', open ? 'taughtList' : 'corrections', () => this.review(open ? 'accepted' : 'open')))),
      closed: () => this.app.clear(),
    }
    if (keep) sheet.open(content, true)
    else sheet.instead(content)
    this.app.clear()
    if (this.list[0]?.id === first) this.show(this.list[0])
  }

  /** One that waits, with what is answered today, what it would teach and what speaks against it; or one accepted, with what it taught. */
  private item(c: Correction, open: boolean): HTMLElement {
    const why = h('input', { type: 'text', maxLength: 500, placeholder: t('reason'), 'aria-label': t('reason'), value: this.why[c.id] ?? '', oninput: () => { this.why[c.id] = why.value } })
    const l = c.learn
    const to = (name?: string, place?: string) => `“${name}” → ${place || t('thePoint')}`
    const learned = !open ? to(c.taught?.name, c.taught?.place_name) : !l || l.kind === 'none' ? pick(l?.why_zh, l?.why) : to(l.name, l.kind === 'alias' ? l.place_name : '')
    const against = c.conflicts.map((x) => h('li', {}, pick(x.text_zh, x.text)))
    const button = (verb: Verb, word: Word) => h('button', { type: 'button', class: `text-button ${verb}`, onclick: () => void this.decide(c, verb) }, t(word))
    return h('li', { 'data-id': c.id },
      h('button', { type: 'button', class: 'result', onclick: () => this.show(c) },
        h('span', { class: 'hit-name' }, c.text), h('span', { class: 'hit-kind' }, `${c.id} · ${c.by}`),
        h('span', { class: 'hit-note' }, c.today ? `${t('today')}${c.today.label} · ${metres(c.today.distance_m)}` : `${t('today')}${t('notLocated')}`),
        c.unread.length > 0 && h('span', { class: 'hit-note' }, `${t('unread')}${c.unread.join(pick('、', ', '))}`),
        c.note && h('span', { class: 'hit-note' }, `${t('noted')}${c.note}`),
        c.decided_by && h('span', { class: 'hit-note' }, t('acceptedBy', { who: c.decided_by }))),
      h('p', { class: 'learned' }, t('learned'), h('b', {}, learned)), against.length > 0 && h('ul', { class: 'faults' }, ...against),
      h('div', { class: 'verdict' }, why,
        open && l?.kind !== 'none' && button('accept', against.length > 0 ? 'acceptStill' : 'accept'),
        open ? button('reject', 'reject') : button('undo', 'undo')))
  }

  private show(c: Correction): void {
    showFound(this.app.map, c.point, 0, [], c.today ? [c.today] : [])
    fitGeometry(this.app.map, c.today && c.today.distance_m < 5000 ? [c.point, c.today.point] : [c.point], 17.5)
  }

  private async decide(c: Correction, verb: Verb): Promise<void> {
    const why = (this.why[c.id] ?? '').trim()
    if (!why && (verb !== 'accept' || c.conflicts.length > 0)) {
      say(t('sayWhy'))
      document.querySelector<HTMLInputElement>(`.corrections [data-id="${c.id}"] input`)?.focus()
      return
    }
    try {
      await api.decide(c.id, verb, { why, force: verb === 'accept' && c.conflicts.length > 0 })
      this.decided++
      delete this.why[c.id]
      say(t(done[verb]), c.text)
      await this.review(verb === 'undo' ? 'accepted' : 'open')
    } catch (err) {
      sayError(err)
    }
  }
}
