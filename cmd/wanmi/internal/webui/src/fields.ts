// Titles of the fields on a card, in the order they are shown; the catalogue's own titles come first where it has them.
import { pick } from './i18n.ts'
import type { Catalog } from './api.ts'

const titles: Record<string, [string, string]> = {
  code: ['编码', 'Code'],
  name: ['名称', 'Name'],
  class_name: ['类别', 'Class'],
  class: ['类别代码', 'Class code'],
  state: ['状态', 'State'],
  status: ['状态', 'Status'],
  dept_name: ['主管部门', 'Competent department'],
  owner_name: ['权属单位', 'Owner'],
  keeper_name: ['养护单位', 'Maintainer'],
  grid_code: ['所在单元网格', 'Unit grid'],
  community_name: ['社区', 'Community'],
  street_name: ['街道', 'Street'],
  area_m2: ['面积（m²）', 'Area (m²)'],
  components: ['部件数', 'Components'],
  component_count: ['部件数', 'Components'],
  neighbours: ['相邻网格', 'Neighbours'],
  label: ['现场编号', 'Number on site'],
  address: ['位置描述', 'Location in words'],
  init_date: ['初始日期', 'Valid from'],
  change_date: ['变更日期', 'Changed'],
  end_date: ['终止日期', 'Valid until'],
  locked: ['锁定', 'Locked'],
  data_source: ['数据来源', 'Data source'],
  delivered_id: ['原始编号', 'Delivered id'],
  edition: ['标准版本', 'Edition'],
  community_code: ['社区代码', 'Community code'],
  street_code: ['街道代码', 'Street code'],
  dept_code: ['主管部门代码', 'Department code'],
  owner_code: ['权属单位代码', 'Owner code'],
  keeper_code: ['养护单位代码', 'Maintainer code'],
  remark: ['备注', 'Remarks'],
  note: ['备注', 'Remarks'],
  source: ['来源', 'Source'],
}

const order = Object.keys(titles)
const fromCatalog = new Map<string, [string | undefined, string | undefined]>()

// Shown at once; the rest stands behind "all fields".
const plain = new Set(['class_name', 'state', 'status', 'dept_name', 'owner_name', 'keeper_name', 'grid_code', 'community_name', 'street_name', 'area_m2', 'components', 'component_count', 'neighbours', 'label', 'address', 'init_date', 'change_date', 'locked'])

/** Takes the titles a catalogue gives to fields. */
export function learn(catalog: Catalog): void {
  for (const l of catalog.layers) {
    for (const f of l.fields ?? []) if (f.zh || f.en) fromCatalog.set(f.name, [f.zh, f.en])
  }
}

export function fieldTitle(name: string): string {
  const own = titles[name]
  if (own) return pick(own[0], own[1])
  const given = fromCatalog.get(name)
  return given ? pick(given[0], given[1]) || name : name
}

export function isPlain(name: string): boolean { return plain.has(name) }

/** The names of a feature's filled fields in the order of a card. */
export function fieldOrder(properties: Record<string, unknown>): string[] {
  const filled = Object.keys(properties).filter((k) => {
    const v = properties[k]
    return v !== null && v !== undefined && v !== '' && v !== false && !(Array.isArray(v) && v.length === 0) && !k.startsWith('_')
  })
  const at = (k: string) => (order.indexOf(k) + 1 || order.length + 1)
  return filled.sort((a, b) => at(a) - at(b) || (a < b ? -1 : 1))
}
