// Light or dark: the system's choice until the reader makes one.
import { remember, remembered } from './memory.ts'

export type Theme = 'light' | 'dark'

const system = window.matchMedia('(prefers-color-scheme: dark)')

export function theme(): Theme {
  const chosen = remembered('theme')
  if (chosen === 'light' || chosen === 'dark') return chosen
  return system.matches ? 'dark' : 'light'
}

export function chooseTheme(next: Theme): void {
  remember('theme', next)
  paintTheme()
}

export function paintTheme(): void { document.documentElement.dataset.theme = theme() }

/** Calls f when the system changes its mind and the reader has not made a choice. */
export function onSystemTheme(f: () => void): void {
  system.addEventListener('change', () => { if (!remembered('theme')) f() })
}
