// Requests to the server, and the shapes of its answers as far as the page reads them.
import type { LonLat } from './format.ts'

/** An error the server answered with (problem+json), or status 0 when it could not be reached. */
export class ApiError extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(detail || title)
  }
}

/** The address of a path of the server: the page may be served below any path. */
export function address(path: string): string {
  return new URL(path, document.baseURI).href
}

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let res: Response
  try {
    res = await fetch(address(path), { ...init, headers: { Accept: 'application/json', ...init.headers } })
  } catch (err) {
    if (err instanceof DOMException && err.name === 'AbortError') throw err
    throw new ApiError(0, '', '')
  }
  if (res.ok) return await res.json() as T
  let problem: { title?: string, detail?: string } = {}
  try {
    problem = await res.json() as typeof problem
  } catch { /* an answer from something else on the way: its status says enough */ }
  throw new ApiError(res.status, problem.title ?? String(res.status), problem.detail ?? `HTTP ${res.status}`)
}

function post<T>(path: string, body: unknown): Promise<T> {
  return request<T>(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}

export interface Feature { type: 'Feature', id?: string | number, geometry: Geometry | null, properties: Record<string, unknown> }
export interface Geometry { type: string, coordinates: unknown }

export interface Hit {
  geometry: { type: 'Point', coordinates: LonLat }
  properties: {
    label?: string, name?: string, layer?: string, confidence?: number, match_type?: string, uncertainty_m?: number
    id?: string, source_id?: string, gid?: string, grid?: string, locality?: string, neighbourhood?: string, district?: string, localadmin?: string
  }
}

export interface Place {
  id: string, layer: string, label: string, name: string, key?: string, point: LonLat, score: number, match: string, level: string
  uncertainty_m: number, community?: string, street?: string, road?: string, house_number?: string
  faults?: Fault[] | null, reasons?: Reason[] | null
}
export interface Fault { code: string, text: string, text_zh: string, cost: number }
export interface Reason { word: string, use: string, by?: string, ref?: string, years?: string, text?: string, text_zh?: string }
export interface GridRef { code: string, area_m2?: number, distance_m?: number }
export interface Candidate {
  code: string, name: string, class: string, class_name: string, label?: string, state?: string, department?: string, grid_code?: string
  point: LonLat, distance_m: number, score: number, why: string, why_zh?: string
}
export interface Located {
  place: Place | null, grid: GridRef | null, community: { code: string, name: string } | null, street: { code: string, name: string } | null
  classes: { code: string, name: string, word: string }[] | null, components: Candidate[] | null
  matter: { code: string, name: string, word?: string } | null
  department: { code?: string, name: string, phone?: string, by: string, why: string } | null
  score: number, uncertainty_m: number, reasons: Reason[] | null, faults: Fault[] | null, ask?: string
  alternatives: { place: Place, grid: GridRef | null }[] | null
}

export interface CatalogLayer { name: string, zh?: string, en?: string, count?: number, bounds?: number[], derived_from?: string, fields?: { name: string, zh?: string, en?: string }[] }
export interface Catalog {
  layers: CatalogLayer[]
  // What a server may say of its city, all of it optional.
  title?: string, synthetic?: boolean, attribution?: string, examples?: string[]
}
export interface Version { rev: number, at: string, actor: string, batch: number, operation: string, feature: Feature }

/** A correction, that waits or was accepted: see /v1/feedback. */
export interface Correction {
  id: number, text: string, point: LonLat, by: string, note?: string, unread: string[]
  today: { id: string, label: string, point: LonLat, distance_m: number } | null
  learn?: { kind: 'alias' | 'rule' | 'none', name?: string, place_name?: string, why: string, why_zh: string }
  conflicts: { code: string, text: string, text_zh: string }[]
  taught?: { name: string, place_name?: string, point: LonLat }, decided_by?: string
}

export type Verb = 'accept' | 'reject' | 'undo'

const query = (params: Record<string, string | number>) => new URLSearchParams(Object.entries(params).map(([k, v]) => [k, String(v)])).toString()

export const api = {
  catalog: () => request<Catalog>('catalog'),
  tileJSON: (layers: string) => request<{ bounds?: number[], attribution?: string, name?: string, description?: string }>(`tiles/${layers}.json`),
  style: (name: string) => request<Record<string, unknown>>(`styles/${name}.json`),
  autocomplete: (text: string, focus: LonLat, signal: AbortSignal) =>
    request<{ features: Hit[] }>(`v1/autocomplete?${query({ text, size: 8, 'focus.point.lon': focus[0].toFixed(5), 'focus.point.lat': focus[1].toFixed(5) })}`, { signal }),
  search: (text: string, focus: LonLat) =>
    request<{ features: Hit[] }>(`v1/search?${query({ text, size: 20, 'focus.point.lon': focus[0].toFixed(5), 'focus.point.lat': focus[1].toFixed(5) })}`),
  grid: (code: string) => request<Feature>(`api/grids/${encodeURIComponent(code)}`),
  component: (code: string) => request<Feature>(`api/components/${encodeURIComponent(code)}`),
  history: (code: string) => request<{ versions: Version[] }>(`api/components/${encodeURIComponent(code)}/history`).then((x) => x.versions),
  around: (at: LonLat) => request<{ features: Hit[] }>(`v1/reverse?${query({ 'point.lon': at[0], 'point.lat': at[1], size: 1 })}`),
  session: () => request<{ signed_in: boolean, role?: string, name?: string }>('api/session'),
  corrections: (state: 'open' | 'accepted') => request<{ feedback: Correction[] }>(`v1/feedback?state=${state}`).then((x) => x.feedback),
  correct: (c: { text: string, point: LonLat, note: string }) => post<Correction>('v1/feedback', c),
  decide: (id: number, verb: Verb, body: { why: string, force: boolean }) => post<Correction>(`v1/feedback/${id}/${verb}`, body),
  locate: (text: string) => request<Located>('v1/locate', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text }) }),
}
