// The map's symbols, drawn here and put on one sheet at build time.
// A component's symbol has the outline and colour of its major class, so that classes stay apart without colour too;
// the figure inside tells its class (kinds.ts), or, of a class the standards do not have, the kind of thing by its name.
import { kinds } from './kinds.ts'
import { light, majors, type Palette } from './palette.ts'

const size = 24

// Outlines by major class, in a 24 x 24 box.
const outline: Record<string, string> = {
  '01': '<circle cx="12" cy="12" r="9.5"/>',
  '02': '<rect x="3" y="3" width="18" height="18" rx="4.5"/>',
  '03': '<path d="M12 2.2 20.6 7v10L12 21.8 3.4 17V7z"/>',
  '04': '<path d="M12 2.5h6.5a3 3 0 0 1 3 3V12a9.5 9.5 0 1 1-9.5-9.5z"/>',
  '05': '<path d="m12 1.8 10.2 10.2L12 22.2 1.8 12z"/>',
}

interface Figure { zh: string, en: string, major: string, art: string, names: string[], rank: number }

// names: parts of a class's Chinese name; the first figure with a part that occurs in the name is taken, so order matters.
// rank: smaller is placed first where symbols crowd (rare things win over trees and lamps). art is drawn in white strokes.
export const figures: Record<string, Figure> = {
  signal: { zh: '信号灯', en: 'Signal', major: '02', rank: 1, names: ['信号灯', '信号设施'], art: '<rect x="9" y="5.6" width="6" height="12.8" rx="3"/><circle cx="12" cy="9" r=".9" fill="#fff"/><circle cx="12" cy="12" r=".9" fill="#fff"/><circle cx="12" cy="15" r=".9" fill="#fff"/>' },
  manhole: { zh: '井盖', en: 'Manhole', major: '01', rank: 7, names: ['井盖'], art: '<circle cx="12" cy="12" r="5.2"/><path d="M8.6 10.2h6.8M8 12h8M8.6 13.8h6.8"/>' },
  grate: { zh: '雨水箅子', en: 'Grate', major: '01', rank: 8, names: ['雨水箅', '箅子', '雨水篦'], art: '<rect x="7.2" y="7.8" width="9.6" height="8.4" rx="1"/><path d="M9.8 8v8M12 8v8M14.2 8v8"/>' },
  hydrant: { zh: '消防设施', en: 'Hydrant', major: '01', rank: 2, names: ['消防', '消火栓'], art: '<path d="M9.3 17.5V10a2.7 2.7 0 0 1 5.4 0v7.5M7.6 17.5h8.8M7.6 12.2h8.8M12 5.6v1.6"/>' },
  lamp: { zh: '路灯', en: 'Lamp', major: '01', rank: 6, names: ['路灯', '景观灯', '地灯', '灯'], art: '<path d="M9.2 18V8.6a2.6 2.6 0 0 1 2.6-2.6h1.6M7.4 18h3.6M12.6 6.4h4.2l-1 3h-2.2z"/>' },
  pole: { zh: '立杆', en: 'Pole', major: '01', rank: 6, names: ['立杆', '综合杆', '旗杆', '铁塔'], art: '<path d="M12 5.8V18M8 8.4h8M9 11.2h6"/>' },
  camera: { zh: '监控', en: 'Camera', major: '01', rank: 3, names: ['监控', '电子眼', '摄像'], art: '<path d="m6.6 8.4 9.2 2-1 4-9.2-2zM9.6 13.6l-1 4M15.6 11.2l2 .4-.5 2-1.9-.4"/>' },
  power: { zh: '电力设施', en: 'Power', major: '01', rank: 5, names: ['电力', '变压', '配电', '充电', '交接箱'], art: '<path d="m13 5.6-4.6 7.2h3.4l-1 5.6 4.8-7.4h-3.5z"/>' },
  locker: { zh: '箱亭', en: 'Box or kiosk', major: '01', rank: 4, names: ['邮筒', '快递柜', '售货', '报刊', '电话亭', '信息亭', '回收箱'], art: '<rect x="7.4" y="6.6" width="9.2" height="10.8" rx="1.2"/><path d="M9.6 9.6h4.8"/>' },
  bus: { zh: '公交站', en: 'Bus stop', major: '02', rank: 2, names: ['公交站', '公交', '出租车'], art: '<rect x="7" y="6.4" width="10" height="9.4" rx="1.8"/><path d="M7.2 12h9.6M9 15.8v1.8M15 15.8v1.8"/>' },
  bike: { zh: '自行车', en: 'Bicycles', major: '02', rank: 3, names: ['自行车', '非机动车', '存车'], art: '<circle cx="8.4" cy="14" r="2.8"/><circle cx="15.6" cy="14" r="2.8"/><path d="m8.4 14 2.4-5h3.4l1.4 5M10 10.6h4.6"/>' },
  parking: { zh: '停车', en: 'Parking', major: '02', rank: 3, names: ['停车', '车库'], art: '<path d="M9.6 17.8V6.6h3.4a3.3 3.3 0 0 1 0 6.6H9.8"/>' },
  sign: { zh: '标志牌', en: 'Sign', major: '02', rank: 5, names: ['标志', '标识牌', '路名牌', '地名牌', '指示牌', '标示牌', '显示屏', '门（楼'], art: '<path d="M12 11.6V18.2M7 6.4h8l2.4 2.6-2.4 2.6H7z"/>' },
  fence: { zh: '护栏桩', en: 'Barrier', major: '02', rank: 6, names: ['护栏', '防撞', '隔离', '道桩', '横道桩', '减速带'], art: '<path d="M7.4 7v10M12 7v10M16.6 7v10M6.6 10h10.8M6.6 13.8h10.8"/>' },
  toilet: { zh: '公厕', en: 'Toilet', major: '03', rank: 2, names: ['公共厕所', '公厕', '厕所'], art: '<circle cx="9" cy="7.6" r="1.2" fill="#fff"/><circle cx="15" cy="7.6" r="1.2" fill="#fff"/><path d="M9 10.2v7M7.4 13.4l1.6-3.2 1.6 3.2zM15 10.2v7M13.8 10.2h2.4v3.4h-2.4z"/>' },
  bin: { zh: '垃圾箱', en: 'Bin', major: '03', rank: 4, names: ['垃圾', '废物箱', '果皮箱', '拾便', '烟头'], art: '<path d="M7.6 8.8h8.8M10 8.6V7h4v1.6M8.6 9l.8 8.4h5.2l.8-8.4M11 11.4v3.8M13 11.4v3.8"/>' },
  board: { zh: '广告牌匾', en: 'Board', major: '03', rank: 5, names: ['广告', '牌匾', '宣传栏', '公示牌'], art: '<rect x="6.8" y="7" width="10.4" height="6.6" rx=".8"/><path d="M9.4 13.8v3.6M14.6 13.8v3.6"/>' },
  bench: { zh: '座椅', en: 'Bench', major: '04', rank: 4, names: ['座椅', '休息'], art: '<path d="M6.8 12.6h10.4M7.6 9.4h8.8M8.6 12.8V17M15.4 12.8V17M8.6 9.4v3M15.4 9.4v3"/>' },
  tree: { zh: '树木', en: 'Tree', major: '04', rank: 9, names: ['树'], art: '<path d="M12 18.4v-5M12 15.4l2.2-1.8"/><path d="M12 5.4a4 4 0 0 1 3.8 5 3 3 0 0 1-1.6 5H9.8a3 3 0 0 1-1.6-5 4 4 0 0 1 3.8-5z"/>' },
  plant: { zh: '绿地花卉', en: 'Planting', major: '04', rank: 6, names: ['花', '绿地', '林地'], art: '<path d="M12 18v-6.4M12 13.4c-3.6 0-5-2-5-5 3.4 0 5 1.6 5 5zM12 11.6c0-3 1.6-4.6 4.8-4.8 0 3-1.6 4.8-4.8 4.8z"/>' },
}

// The figure of a class for which none of the above is drawn.
export const majorArt: Record<string, string> = {
  '01': '<circle cx="12" cy="12" r="3"/><path d="M12 6.6v2.2M12 15.2v2.2M6.6 12h2.2M15.2 12h2.2"/>',
  '02': '<path d="M9.6 6.4 8 17.6M14.4 6.4 16 17.6M12 7v2M12 11v2M12 15v2"/>',
  '03': '<path d="M12 6.6c.6 3.4 2 4.8 5.4 5.4-3.4.6-4.8 2-5.4 5.4-.6-3.4-2-4.8-5.4-5.4 3.4-.6 4.8-2 5.4-5.4z"/>',
  '04': '<path d="M7.4 16.6c-.6-5.6 2.6-9 9.2-9.2.2 6.6-3.4 9.8-9.2 9.2zm0 0 5-5"/>',
  '05': '<rect x="8.8" y="8.8" width="6.4" height="6.4" rx="1"/>',
}

// How much of the box an outline leaves for what stands in it.
const room: Record<string, number> = { '01': 0.86, '02': 0.96, '03': 0.84, '04': 0.86, '05': 0.66 }

function fitted(major: string, art: string): string {
  const s = room[major]
  return `<g transform="translate(${(12 * (1 - s)).toFixed(2)} ${(12 * (1 - s)).toFixed(2)}) scale(${s})">${art}</g>`
}

function badge(p: Palette, major: string, art: string): string {
  return `<g fill="${p.badge[major]}" stroke="${p.badgeEdge}" stroke-width="1.6" stroke-linejoin="round">${outline[major]}</g>` +
    `<g fill="none" stroke="#fff" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">${art}</g>`
}

// The major class that gives a kind its outline; CJ/T 214-2007 has a sixth, which is drawn as the others that have none.
const majorOf = (codes: string) => (codes.slice(0, 2) in outline ? codes.slice(0, 2) : '05')

const byCode = new Map(Object.entries(kinds).flatMap(([name, [codes]]) => codes.split(' ').map((c) => [c, name] as const)))

// What is drawn on the sheet: name -> [width, height, art].
function symbols(p: Palette): Record<string, [number, number, string]> {
  const out: Record<string, [number, number, string]> = {}
  for (const m of majors) out[`major-${m}`] = [size, size, badge(p, m, majorArt[m])]
  for (const [name, f] of Object.entries(figures)) out[name] = [size, size, badge(p, f.major, f.art)]
  for (const [name, [codes, art]] of Object.entries(kinds)) out[`kind-${name}`] = [size, size, badge(p, majorOf(codes), fitted(majorOf(codes), art))]
  out.poi = [12, 12, `<circle cx="6" cy="6" r="3.6" fill="${p.poi}" stroke="${p.badgeEdge}" stroke-width="1.4"/>`]
  out.case = [size, size, '<path d="M12 3.5 21.5 20h-19z" fill="#d9301a" stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/><path d="M12 9.6v4.8M12 16.8v.4" stroke="#fff" stroke-width="1.9" stroke-linecap="round"/>']
  out.pin = [28, 36, '<path d="M14 1.5c6.8 0 12 5.1 12 11.7C26 21.6 14 34.5 14 34.5S2 21.6 2 13.2C2 6.6 7.2 1.5 14 1.5z" fill="#c2255c" stroke="#fff" stroke-width="2"/><circle cx="14" cy="13.2" r="4.4" fill="#fff"/>']
  return out
}

const perRow = 16

/** The sprite of a palette for a pixel ratio: one SVG with all symbols in rows, and where each stands, in pixels of the finished picture. */
export function spriteSheet(p: Palette, scale: number) {
  const index: Record<string, { x: number, y: number, width: number, height: number, pixelRatio: number }> = {}
  let svg = ''
  let x = 0
  let y = 0
  let row = 0
  let width = 0
  Object.entries(symbols(p)).forEach(([name, [w, h, art]], n) => {
    if (n > 0 && n % perRow === 0) [x, y, row] = [0, y + row + 1, 0]
    index[name] = { x: x * scale, y: y * scale, width: w * scale, height: h * scale, pixelRatio: scale }
    svg += `<g transform="translate(${x} ${y})">${art}</g>`
    x += w + 1
    width = Math.max(width, x)
    row = Math.max(row, h)
  })
  const height = y + row
  return { svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${svg}</svg>`, index }
}

/** The symbol of a component as an SVG document, by the same rule as the style's. */
export function symbolOf(cls: string, className: string): string {
  const kind = byCode.get(cls)
  if (kind) return symbolSVG(`kind-${kind}`)
  for (const [name, f] of Object.entries(figures)) if (f.names.some((part) => className.includes(part))) return symbolSVG(name)
  const m = cls.slice(0, 2)
  return symbolSVG(`major-${m in majorArt ? m : '05'}`)
}

const drawn = symbols(light)

/** A symbol as an SVG document, for legends and lists. */
export function symbolSVG(name: string): string {
  const [w, h, art] = drawn[name]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" aria-hidden="true">${art}</svg>`
}
