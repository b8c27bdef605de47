// Making elements without a framework.
type Child = Node | string | null | undefined | false
type Props = Record<string, unknown>

/** An element with properties, attributes (aria-*, data-*, role, …), listeners (onclick, …) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value as EventListener)
    else if (name === 'class') el.className = String(value)
    else if (name === 'html') el.innerHTML = String(value) // only for the SVG texts of this program
    else if (name in el && !name.includes('-') && name !== 'list') (el as unknown as Props)[name] = value
    else el.setAttribute(name, value === true ? '' : String(value))
  }
  el.append(...children.filter((c): c is Node | string => Boolean(c)))
  return el
}

/** A button that shows an icon and says its name to assistive technology and on hover. */
export function iconButton(icon: string, label: string, onclick: (e: Event) => void, extra: Props = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon-button', html: icon, title: label, 'aria-label': label, onclick, ...extra })
}

/** The element of that id; it stands in index.html. */
export function byId(id: string): HTMLElement {
  const el = document.getElementById(id)
  if (!el) throw new Error(`no element #${id}`)
  return el
}

/** Whether keys typed now go into a field. */
export function typing(e: Event): boolean {
  const t = e.target as HTMLElement | null
  return !!t && (t.tagName === 'INPUT' || t.tagName === 'TEXTAREA' || t.tagName === 'SELECT' || t.isContentEditable)
}
