// What the page remembers between visits. A browser may forbid it; then it forgets.
const prefix = 'wanmi.'

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key)
  } catch {
    return null
  }
}

export function remember(key: string, text: string): void {
  try {
    localStorage.setItem(prefix + key, text)
  } catch { /* forbidden or full: only convenience is lost */ }
}
