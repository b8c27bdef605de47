// Numbers, codes and shapes; no page and no map, so that they are tested by themselves.

export type LonLat = [number, number]

/** A view of the map as it stands after '#' in the address: zoom/latitude/longitude[/kind:code]. */
export interface View { zoom: number, lat: number, lon: number, selected?: Selection }

export interface Selection { kind: 'grid' | 'component', code: string }

export function formatView(v: View): string {
  const digits = Math.max(3, Math.ceil(v.zoom / 3.2)) // about a pixel at that zoom
  const head = `#${v.zoom.toFixed(2).replace(/\.?0+$/, '')}/${v.lat.toFixed(digits)}/${v.lon.toFixed(digits)}`
  return v.selected ? `${head}/${v.selected.kind}:${encodeURIComponent(v.selected.code)}` : head
}

/** The view of an address, null when it is none: anyone may have typed it. */
export function parseView(hash: string): View | null {
  const m = /^#(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)(?:\/(grid|component):([0-9A-Za-z%_.-]{1,64}))?$/.exec(hash)
  if (!m) return null
  const [zoom, lat, lon] = [Number(m[1]), Number(m[2]), Number(m[3])]
  if (zoom > 24 || Math.abs(lat) > 85 || Math.abs(lon) > 180) return null
  const view: View = { zoom, lat, lon }
  if (m[4]) {
    try {
      view.selected = { kind: m[4] as Selection['kind'], code: decodeURIComponent(m[5]) }
    } catch { /* a broken % sequence: the view without its selection */ }
  }
  return view
}

/** A circle around a point as a polygon ring, radius in metres; good to a thousandth at city sizes. */
export function circle([lon, lat]: LonLat, metres: number, corners = 64): LonLat[] {
  const dy = metres / 110_950
  const dx = metres / (111_320 * Math.cos(lat * Math.PI / 180))
  const ring: LonLat[] = []
  for (let i = 0; i <= corners; i++) {
    const a = (i % corners) / corners * 2 * Math.PI
    ring.push([lon + dx * Math.cos(a), lat + dy * Math.sin(a)])
  }
  return ring
}

export type Box = [number, number, number, number] // west, south, east, north

/** The box around coordinates nested at any depth; null when there are none. */
export function boxOf(coordinates: unknown): Box | null {
  let box: Box | null = null
  const walk = (c: unknown): void => {
    if (!Array.isArray(c)) return
    if (typeof c[0] === 'number' && typeof c[1] === 'number') {
      const [x, y] = c as LonLat
      box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y]
      return
    }
    c.forEach(walk)
  }
  walk(coordinates)
  return box
}

/** Metres in words: 8 m, 1.2 km. */
export function metres(m: number): string {
  if (!Number.isFinite(m)) return '–'
  if (m < 10) return `${Number(m.toFixed(1))} m`
  return m < 1000 ? `${Math.round(m)} m` : `${Number((m / 1000).toFixed(1))} km`
}

export function percent(score: number): string {
  return `${Math.round(Math.min(1, Math.max(0, score)) * 100)}%`
}

/** A code in the groups people read it in: county 6, street 3, community 3, then the rest. */
export function codeGroups(code: string): string[] {
  if (!/^[0-9A-Z]+$/.test(code)) return [code]
  if (code.length === 15) return [code.slice(0, 6), code.slice(6, 9), code.slice(9, 12), code.slice(12)]
  if (code.length === 17) return [code.slice(0, 6), code.slice(6, 8), code.slice(8, 11), code.slice(11)]
  if (code.length === 16) return [code.slice(0, 6), code.slice(6, 8), code.slice(8, 10), code.slice(10)]
  return [code]
}

/** A time as people read it, in their own zone; the text itself when it is none. */
export function when(text: string, lang: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text
  const t = new Date(text)
  if (Number.isNaN(t.getTime())) return text
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(t)
}

/** A field's value as text. */
export function value(v: unknown, lang: string): string {
  if (typeof v === 'number') return new Intl.NumberFormat(lang, { maximumFractionDigits: 2 }).format(v)
  if (typeof v === 'boolean') return v ? '✓' : '–'
  if (v !== null && typeof v === 'object') return JSON.stringify(v)
  return String(v)
}
