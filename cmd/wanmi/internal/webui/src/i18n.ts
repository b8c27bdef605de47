// The page's words in Chinese and English. The language is the browser's until the reader chooses one.
import { remember, remembered } from './memory.ts'

export type Lang = 'zh' | 'en'

const words = {
  title: ['万米 · 城市管理单元网格', 'Wanmi · urban management grids'],
  map: ['地图', 'Map'],
  tagline: ['城市单元网格', 'Urban unit grids'],
  synthetic: ['合成数据', 'Synthetic data'],
  syntheticNote: ['本城市由程序生成，并非真实地点', 'This city is made up by a program; it is no real place'],
  search: ['搜索地址、路口、编码或坐标', 'Search places, codes'],
  searchShort: ['搜索', 'Search'],
  clear: ['清除', 'Clear'],
  results: ['搜索结果', 'Results'],
  resultCount: ['{n} 条结果', '{n} results'],
  nothing: ['没有找到“{text}”', 'Nothing found for “{text}”'],
  nothingHint: ['试试门牌、两条路的交叉口、部件编码，或“经度,纬度”。', 'Try a door number, a crossing of two roads, a component code, or “longitude,latitude”.'],
  report: ['案件定位', 'Locate a report'],
  reportHint: ['粘贴上报内容，找出位置、网格、部件与部门', 'From a report to its place, cell and department'],
  reportPlaceholder: ['例如：某某路12号门前路灯不亮', 'e.g. 某某路12号门前路灯不亮 (street lamp out at a door)'],
  locate: ['定位', 'Locate'],
  locating: ['定位中…', 'Locating…'],
  examples: ['示例', 'Examples'],
  place: ['位置', 'Place'],
  uncertainty: ['不确定度', 'Uncertainty'],
  score: ['置信度', 'Confidence'],
  grid: ['单元网格', 'Unit grid'],
  component: ['管理部件', 'Component'],
  community: ['社区', 'Community'],
  street: ['街道', 'Street'],
  department: ['主管部门', 'Department'],
  matter: ['事件', 'Matter'],
  byComponent: ['依据部件', 'by the component'],
  byResponsibility: ['依据职责与区域', 'by duty and area'],
  candidates: ['候选部件', 'Candidate components'],
  noCandidates: ['附近没有所述类别的部件', 'No component of the class named nearby'],
  reasons: ['判断依据', 'Why'],
  faults: ['扣分项', 'Deductions'],
  ask: ['请补充', 'Please ask'],
  alternatives: ['其他可能的位置', 'Other possible places'],
  notLocated: ['未能确定位置', 'The place could not be found'],
  outside: ['不在任何单元网格内', 'Outside every cell'],
  history: ['变更记录', 'History'],
  noHistory: ['没有变更记录', 'No changes recorded'],
  copyCode: ['复制编码', 'Copy code'],
  copied: ['已复制', 'Copied'],
  notCopied: ['浏览器不允许复制', 'The browser did not allow copying'],
  copyLink: ['复制当前视图链接', 'Copy a link to this view'],
  zoomTo: ['缩放到此', 'Zoom here'],
  close: ['关闭', 'Close'],
  back: ['返回', 'Back'],
  layers: ['图层与图例', 'Layers and legend'],
  zoomIn: ['放大', 'Zoom in'],
  zoomOut: ['缩小', 'Zoom out'],
  myPlace: ['我的位置', 'My position'],
  noPosition: ['无法取得位置', 'Your position is not available'],
  toDark: ['深色', 'Dark'],
  toLight: ['浅色', 'Light'],
  toLang: ['English', '中文'],
  zoomHint: ['{z} 级起可见', 'from zoom {z}'],
  failed: ['没有成功', 'That did not work'],
  signInAgain: ['请重新登录', 'Please sign in again'],
  notAllowed: ['没有权限', 'You may not do this'],
  offline: ['连接不到服务器', 'The server cannot be reached'],
  noMap: ['此浏览器无法绘制地图（需要 WebGL2）', 'This browser cannot draw the map (WebGL2 is needed)'],
  tilesFailed: ['部分地图数据未能读取', 'Some map data could not be read'],
  at: ['坐标', 'Coordinates'],
  sheet: ['展开或收起', 'Expand or collapse'],
  showAll: ['显示全部字段', 'All fields'],
  loading: ['读取中…', 'Loading…'],
  components: ['部件', 'Components'],
  correct: ['位置不对？点一下正确位置', 'Wrong place? Click the right one'],
  correctNone: ['知道在哪里？点一下正确位置', 'You know where it is? Click there'],
  correctHint: ['更正位置', 'Correct the place'],
  clickRight: ['请在地图上点一下正确位置', 'Click the right place on the map'],
  clickAgain: ['点得不准？再点一下即可', 'Not quite there? Click again'],
  inName: ['以“{who}”的名义', 'in the name of “{who}”'],
  note: ['备注（可不填）', 'Note (may be empty)'],
  send: ['提交', 'Send'],
  sent: ['已提交', 'Sent'],
  sentNote: ['第 {id} 号更正，审核后生效', 'Correction {id}; it counts once it is reviewed'],
  corrections: ['待审更正', 'Corrections to review'],
  taughtList: ['已学俗名', 'What was learned'],
  takeBack: ['撤回所学', 'Take back what was learned'],
  undo: ['撤回', 'Take back'],
  undone: ['已撤回，立即生效', 'Taken back; it counts at once'],
  acceptedBy: ['{who} 接受', 'accepted by {who}'],
  nothingTaught: ['还没有学到俗名', 'Nothing has been learned yet'],
  correctionCount: ['{n} 条', '{n}'],
  noCorrections: ['没有待审的更正', 'No corrections wait'],
  today: ['现定位：', 'Now: '],
  noted: ['备注：', 'Note: '],
  unread: ['不认识：', 'Not understood: '],
  learned: ['学习', 'Learns'],
  thePoint: ['该点', 'the point'],
  reason: ['理由', 'Reason'],
  accept: ['接受', 'Accept'],
  acceptStill: ['仍要接受', 'Accept still'],
  reject: ['驳回', 'Reject'],
  accepted: ['已接受，立即生效', 'Accepted; it counts at once'],
  rejected: ['已驳回', 'Rejected'],
  sayWhy: ['请填写理由', 'Say why'],
  faultyState: ['状态异常', 'Not in order'],
} satisfies Record<string, [string, string]>

export type Word = keyof typeof words

let lang: Lang = initial()
const listeners: (() => void)[] = []

function initial(): Lang {
  const chosen = remembered('lang')
  if (chosen === 'zh' || chosen === 'en') return chosen
  return /^zh\b/i.test(navigator.language) ? 'zh' : 'en'
}

export function language(): Lang { return lang }

/** The language as a BCP 47 tag, for the document and for Intl. */
export function languageTag(): string { return lang === 'zh' ? 'zh-CN' : 'en' }

export function setLanguage(next: Lang): void {
  lang = next
  remember('lang', next)
  listeners.forEach((f) => f())
}

/** Calls f whenever the language has changed. */
export function onLanguage(f: () => void): void { listeners.push(f) }

export function t(word: Word, fill: Record<string, string | number> = {}): string {
  return words[word][lang === 'zh' ? 0 : 1].replace(/\{(\w+)\}/g, (_, k: string) => String(fill[k] ?? ''))
}

/** One of two texts. */
export function pick(zh: string | undefined, en: string | undefined): string {
  return (lang === 'zh' ? zh || en : en || zh) ?? ''
}
