// Short messages at the foot of the page.
import { ApiError } from './api.ts'
import { byId, h } from './dom.ts'
import { t, type Word } from './i18n.ts'

export function say(text: string, detail = '', kind: 'note' | 'error' = 'note'): void {
  const box = byId('toasts')
  const key = `${text}|${detail}`
  for (const old of box.children) if ((old as HTMLElement).dataset.key === key) old.remove()
  while (box.children.length > 2) box.firstElementChild?.remove()
  const el = h('div', { class: `toast ${kind}`, 'data-key': key }, h('strong', {}, text), detail && h('span', {}, detail))
  box.append(el)
  setTimeout(() => el.remove(), kind === 'error' ? 9000 : 2600)
}

const titles: Record<number, Word> = { 0: 'offline', 401: 'signInAgain', 403: 'notAllowed' }

/** Shows an error with the server's own sentence when it gave one. A request given up says nothing. */
export function sayError(err: unknown): void {
  if (err instanceof DOMException && err.name === 'AbortError') return
  if (err instanceof ApiError) say(t(titles[err.status] ?? 'failed'), err.detail, 'error')
  else say(t('failed'), err instanceof Error ? err.message : '', 'error')
}
