// The panel that holds one thing at a time: results, a card, or a report. Beside the map on a desk, below it on a phone.
import { byId, h, iconButton } from './dom.ts'
import { icons } from './icons.ts'
import { t } from './i18n.ts'

export interface Content {
  name: string // what it is, for tests and styles
  title: () => string
  kicker?: () => string // the small line above the title
  body: (into: HTMLElement) => void
  closed?: () => void // the reader closed it
  again?: () => void // the reader came back to it
}

let current: Content | null = null
let before: Content[] = [] // what "back" returns to

export function narrow(): boolean { return window.matchMedia('(max-width: 720px)').matches }

/** Shows content in place of what is there; keep puts what is there behind a way back. */
export function open(content: Content, keep = false): void {
  if (keep && current && current.name !== content.name) before.push(current)
  else if (!keep) before = []
  current = content
  draw()
}

/** Shows content in place of what is there; the way back stays that of what it replaces. */
export function instead(content: Content): void {
  current = content
  draw()
}

export function shown(): string { return current?.name ?? '' }

/** Draws the content again: its data or the language has changed. */
export function redraw(): void { if (current) draw() }

export function close(tell = true): void {
  const was = current
  current = null
  before = []
  byId('sheet').hidden = true
  document.body.classList.remove('has-sheet')
  if (tell) was?.closed?.()
}

function back(): void {
  current?.closed?.()
  current = before.pop() ?? null
  if (!current) return close(false)
  draw()
  current.again?.()
}

function draw(): void {
  const sheet = byId('sheet')
  const c = current
  if (!c) return
  const body = h('div', { class: 'sheet-body' })
  const kicker = c.kicker?.()
  sheet.replaceChildren(
    h('button', { type: 'button', class: 'grip', 'aria-label': t('sheet'), onclick: () => sheet.classList.toggle('tall') }),
    h('header', { class: 'sheet-head' },
      before.length > 0 && iconButton(icons.back, t('back'), back, { class: 'icon-button back' }),
      h('div', { class: 'sheet-title' }, kicker && h('p', { class: 'kicker' }, kicker), h('h2', {}, c.title())),
      iconButton(icons.close, t('close'), () => close(), { class: 'icon-button close' })),
    body)
  sheet.dataset.content = c.name
  sheet.setAttribute('aria-label', c.title())
  c.body(body)
  if (sheet.hidden) sheet.classList.remove('tall')
  sheet.hidden = false
  document.body.classList.add('has-sheet')
  sheet.scrollTop = 0
}
