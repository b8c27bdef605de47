// The card of a cell or a component.
import { api, type Feature, type Version } from './api.ts'
import { h, iconButton } from './dom.ts'
import { fieldOrder, fieldTitle, isPlain } from './fields.ts'
import { codeGroups, type Selection, value, when } from './format.ts'
import { icons } from './icons.ts'
import { languageTag, pick, t } from './i18n.ts'
import * as sheet from './sheet.ts'
import { symbolOf } from './style/symbols.ts'
import { say, sayError } from './toast.ts'

const inOrder = ['完好', '正常', '有效', 'valid']

/** What the card asks of the page that shows it. */
export interface CardHost {
  readonly selected: Selection | null
  select(s: Selection, how?: { keep?: boolean }): Promise<void>
  unselect(): void
  zoomTo(f: Feature, kind: Selection['kind']): void
}

export function showCard(app: CardHost, s: Selection, f: Feature, keep: boolean): void {
  let versions: Version[] | null = null
  sheet.open({
    name: 'card',
    kicker: () => t(s.kind),
    title: () => s.kind === 'grid' ? gridTitle(s.code) : componentTitle(f.properties),
    body: (into) => {
      into.append(codeLine(app, s, f), fields(app, s, f.properties))
      if (s.kind === 'component') into.append(historyBox(versions))
    },
    closed: () => app.unselect(),
  }, keep)
  if (s.kind !== 'component') return
  const still = () => app.selected?.kind === s.kind && app.selected.code === s.code && sheet.shown() === 'card'
  api.history(s.code).then((v) => {
    versions = v
    if (still()) document.querySelector('#sheet .history')?.replaceWith(historyBox(versions))
  }).catch((err) => { if (still()) sayError(err) })
}

function gridTitle(code: string): string {
  return pick(`第 ${code.slice(-3)} 格`, `Cell ${code.slice(-3)}`)
}

function componentTitle(p: Record<string, unknown>): string {
  const name = String(p.name ?? '')
  return name || String(p.class_name ?? '') || t('component')
}

/** A code in its groups, copyable. */
export function codeText(code: string): HTMLElement {
  return h('span', { class: 'code' }, ...codeGroups(code).map((g) => h('span', {}, g)))
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(t('copied'), text)
  } catch {
    say(t('notCopied'), text)
  }
}

function codeLine(app: CardHost, s: Selection, f: Feature): HTMLElement {
  const symbol = s.kind === 'component' ? symbolOf(String(f.properties.class ?? ''), String(f.properties.class_name ?? f.properties.name ?? '')) : ''
  return h('div', { class: 'code-line' },
    symbol && h('span', { class: 'symbol', html: symbol }),
    codeText(s.code),
    iconButton(icons.copy, t('copyCode'), () => void copy(s.code)),
    iconButton(icons.target, t('zoomTo'), () => app.zoomTo(f, s.kind)))
}

function fields(app: CardHost, s: Selection, properties: Record<string, unknown>): HTMLElement {
  // The further columns of a delivery stand beside the others, not in a box of their own.
  const { extra, ...own } = properties
  const p: Record<string, unknown> = { ...(typeof extra === 'object' && extra ? extra : {}), ...own }
  const names = fieldOrder(p).filter((n) => n !== 'code')
  const row = (n: string) => [h('dt', {}, fieldTitle(n)), h('dd', {}, fieldValue(app, s, n, p[n]))]
  const rest = names.filter((n) => !isPlain(n))
  return h('div', {},
    h('dl', { class: 'fields' }, ...names.filter(isPlain).flatMap(row)),
    rest.length > 0 && h('details', {}, h('summary', {}, t('showAll')), h('dl', { class: 'fields' }, ...rest.flatMap(row))))
}

function fieldValue(app: CardHost, s: Selection, name: string, v: unknown): HTMLElement | string {
  if (name === 'grid_code' && s.kind === 'component') {
    return h('button', { type: 'button', class: 'link', onclick: () => void app.select({ kind: 'grid', code: String(v) }, { keep: true }) }, String(v))
  }
  if (name === 'neighbours' && Array.isArray(v)) {
    return h('span', { class: 'codes' }, ...v.map((code: unknown) => h('button', {
      type: 'button', class: 'link', title: String(code), onclick: () => void app.select({ kind: 'grid', code: String(code) }),
    }, String(code).slice(-3))))
  }
  if (name === 'state' || name === 'status') {
    const text = v === 'valid' ? pick('有效', 'valid') : v === 'void' ? pick('作废', 'void') : String(v)
    return h('span', { class: inOrder.includes(String(v)) ? 'state good' : 'state bad' }, text)
  }
  return value(v, languageTag())
}

const operations: Record<string, [string, string]> = {
  insert: ['新增', 'added'], update: ['修改', 'changed'], delete: ['删除', 'removed'], reload: ['重新导入', 'reloaded'],
}

function historyBox(versions: Version[] | null): HTMLElement {
  const box = h('section', { class: 'history' }, h('h3', {}, t('history')))
  if (!versions) box.append(h('p', { class: 'quiet' }, t('loading')))
  else if (versions.length === 0) box.append(h('p', { class: 'quiet' }, t('noHistory')))
  else {
    box.append(h('ol', {}, ...[...versions].reverse().map((v) => {
      const op = operations[v.operation ?? '']
      const state = v.feature?.properties?.state
      return h('li', {}, h('time', {}, when(v.at ?? '', languageTag())), ' ', h('span', {}, [op ? pick(op[0], op[1]) : v.operation, state, v.actor].filter(Boolean).join(' · ')))
    })))
  }
  return box
}
