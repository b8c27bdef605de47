(function () {
'use strict';
const D = JSON.parse(document.getElementById('data').textContent);
// A fault: file, row, field, value, rule, flags (1 refused, 2 fixed, 4 warning, 8 note), class, key, lon, lat, other row, fix, zh, en.
const F = { file: 0, row: 1, field: 2, value: 3, rule: 4, flags: 5, cls: 6, key: 7, lon: 8, lat: 9, other: 10, fix: 11, zh: 12, en: 13 };
const $ = id => document.getElementById(id);
if (!D.faults.length) return;
const W = {
  zh: { rules: '按规则', classes: '按类别', all: '全图', view: '只看图内', clear: '清除筛选', csv: '导出 CSV', search: '查找：编码、值、说明……', anyfile: '全部文件', anyrule: '全部规则', anyclass: '全部类别', anysev: '全部级别',
    refused: '拒收', error: '错误', warning: '警告', note: '提示', fixed: '已修正', sev: '级别', file: '文件', row: '行', field: '字段', value: '值', text: '说明', fix: '修正', cls: '类别', key: '编码', rule: '规则', at: '位置', other: '相关行', whole: '整个文件',
    count: (n, all, more) => '显示 ' + n + ' 条，共 ' + all + ' 条' + (more ? '；另有 ' + more + ' 条只计数未列出' : '') , noplace: n => '；其中 ' + n + ' 条没有位置', none: '没有符合条件的问题' },
  en: { rules: 'By rule', classes: 'By class', all: 'All', view: 'on the map only', clear: 'Clear', csv: 'CSV', search: 'Find: code, value, words …', anyfile: 'every file', anyrule: 'every rule', anyclass: 'every class', anysev: 'every severity',
    refused: 'refused', error: 'error', warning: 'warning', note: 'note', fixed: 'fixed', sev: 'Severity', file: 'File', row: 'Row', field: 'Field', value: 'Value', text: 'What', fix: 'Fix', cls: 'Class', key: 'Code', rule: 'Rule', at: 'Place', other: 'Other row', whole: 'whole file',
    count: (n, all, more) => n + ' of ' + all + ' faults shown' + (more ? '; ' + more + ' more were counted and are not listed' : ''), noplace: n => '; ' + n + ' of them have no place', none: 'No fault fits' },
};
let lang = (navigator.language || 'zh').toLowerCase().startsWith('zh') ? 'zh' : 'en';
const COLOR = { refused: '#c02b2b', fixed: '#2f855a', error: '#c02b2b', warning: '#d98a00', note: '#3b7dc4' };
const sevOf = f => f[F.flags] & 1 ? 'refused' : f[F.flags] & 2 ? 'fixed' : f[F.flags] & 4 ? 'warning' : f[F.flags] & 8 ? 'note' : 'error';
const base = s => s.slice(s.lastIndexOf('/') + 1);
const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
const hasPlace = f => f[F.lon] !== 0 || f[F.lat] !== 0;
const pick = { q: '', file: '', rule: '', cls: '', sev: '', view: false };
let shown = D.faults.map((_, i) => i), order = { by: '', down: false }, chosen = -1;
const lower = new Array(D.faults.length);
const words = i => lower[i] || (lower[i] = D.faults[i].map((v, k) => k === F.rule ? D.rules[v].rule : k === F.file ? D.files[v] : typeof v === 'string' ? v : k === F.row ? '' + v : '').join(' ').toLowerCase());

// ---- map: web of metres around the middle, north up
const cv = $('map'), cx = cv.getContext('2d');
const placed = D.faults.filter(hasPlace);
const B = { x0: 1e9, y0: 1e9, x1: -1e9, y1: -1e9 };
const grow = (x, y) => { B.x0 = Math.min(B.x0, x); B.x1 = Math.max(B.x1, x); B.y0 = Math.min(B.y0, y); B.y1 = Math.max(B.y1, y); };
const back = { areas: [], roads: [], dots: [] };
const unroll = a => { const o = new Float64Array(a.length); let x = 0, y = 0; for (let i = 0; i < a.length; i += 2) { x += a[i]; y += a[i + 1]; o[i] = D.back.origin[0] + x * 1e-6; o[i + 1] = D.back.origin[1] + y * 1e-6; } return o; };
if (D.back) { back.areas = (D.back.areas || []).map(unroll); back.roads = (D.back.roads || []).map(unroll); back.dots = unroll(D.back.dots || []); }
// The first view: the taken rows and the faults beside them; a fault a thousand kilometres off must not make the city a dot.
for (let i = 0; i < back.dots.length; i += 2) grow(back.dots[i], back.dots[i + 1]);
if (B.x0 > B.x1) for (const a of back.areas) for (let i = 0; i < a.length; i += 2) grow(a[i], a[i + 1]);
if (B.x0 > B.x1) {
  const med = k => { const s = placed.map(f => f[k]).sort((a, b) => a - b); return s[s.length >> 1]; };
  const mx = med(F.lon), my = med(F.lat);
  for (const f of placed) if (Math.abs(f[F.lon] - mx) < 0.5 && Math.abs(f[F.lat] - my) < 0.5) grow(f[F.lon], f[F.lat]);
}
if (B.x0 > B.x1) { B.x0 = B.y0 = 0; B.x1 = B.y1 = 1e-3; }
const lat0 = (B.y0 + B.y1) / 2, kx = 111320 * Math.cos(lat0 * Math.PI / 180), ky = 111320;
let view = { x: 0, y: 0, s: 1 }, cw = 0, ch = 0, dpr = 1, queued = false;
const sx = lon => cw / 2 + (lon - view.x) * kx * view.s, sy = lat => ch / 2 - (lat - view.y) * ky * view.s;
const lonOf = x => view.x + (x - cw / 2) / (kx * view.s), latOf = y => view.y - (y - ch / 2) / (ky * view.s);
function fit(b) {
  const w = Math.max((b.x1 - b.x0) * kx, 60), h = Math.max((b.y1 - b.y0) * ky, 60);
  view = { x: (b.x0 + b.x1) / 2, y: (b.y0 + b.y1) / 2, s: Math.min((cw - 40) / w, (ch - 40) / h) };
  moved();
}
function size() {
  dpr = window.devicePixelRatio || 1; cw = cv.clientWidth; ch = cv.clientHeight;
  cv.width = Math.round(cw * dpr); cv.height = Math.round(ch * dpr);
}
function path(a) {
  cx.moveTo(sx(a[0]), sy(a[1]));
  for (let i = 2; i < a.length; i += 2) cx.lineTo(sx(a[i]), sy(a[i + 1]));
}
function draw() {
  queued = false;
  cx.setTransform(dpr, 0, 0, dpr, 0, 0); cx.clearRect(0, 0, cw, ch);
  cx.lineJoin = 'round';
  cx.strokeStyle = '#dfe4ea'; cx.lineWidth = view.s > 0.5 ? 3 : 1; cx.beginPath(); back.roads.forEach(path); cx.stroke();
  cx.strokeStyle = '#9aa7b5'; cx.lineWidth = 1; cx.beginPath(); back.areas.forEach(path); cx.stroke();
  cx.fillStyle = '#b9c2cc'; const d = back.dots, r = view.s > 0.5 ? 2 : 1;
  for (let i = 0; i < d.length; i += 2) { const x = sx(d[i]), y = sy(d[i + 1]); if (x > -5 && y > -5 && x < cw + 5 && y < ch + 5) cx.fillRect(x - r, y - r, 2 * r, 2 * r); }
  const big = shown.length > 5000 ? 2.5 : view.s > 0.5 ? 5 : 3.5;
  for (const sev of ['note', 'warning', 'fixed', 'error', 'refused']) {
    cx.fillStyle = COLOR[sev]; cx.beginPath();
    for (const i of shown) {
      const f = D.faults[i];
      if (!hasPlace(f) || sevOf(f) !== sev) continue;
      const x = sx(f[F.lon]), y = sy(f[F.lat]);
      if (x < -9 || y < -9 || x > cw + 9 || y > ch + 9) continue;
      cx.moveTo(x + big, y); cx.arc(x, y, big, 0, 7);
    }
    cx.globalAlpha = 0.85; cx.fill(); cx.globalAlpha = 1;
  }
  if (chosen >= 0 && hasPlace(D.faults[chosen])) {
    const x = sx(D.faults[chosen][F.lon]), y = sy(D.faults[chosen][F.lat]);
    cx.strokeStyle = '#0b1623'; cx.lineWidth = 2; cx.beginPath(); cx.arc(x, y, 11, 0, 7); cx.stroke();
  }
  let bar = Math.pow(10, Math.floor(Math.log10(120 / view.s)));
  if (bar * 5 * view.s < 160) bar *= 5; else if (bar * 2 * view.s < 160) bar *= 2;
  cx.strokeStyle = cx.fillStyle = '#1d2733'; cx.lineWidth = 1.5; cx.font = '12px system-ui,sans-serif'; cx.textAlign = 'right';
  const bx = cw - 14 - bar * view.s;
  cx.beginPath(); cx.moveTo(bx, ch - 18); cx.lineTo(bx, ch - 12); cx.lineTo(cw - 14, ch - 12); cx.lineTo(cw - 14, ch - 18); cx.stroke();
  cx.fillText(bar >= 1000 ? bar / 1000 + ' km' : bar + ' m', cw - 16, ch - 20);
}
function moved() { if (!queued) { queued = true; requestAnimationFrame(draw); } if (pick.view) later(); }
let timer = 0;
function later() { clearTimeout(timer); timer = setTimeout(filter, 120); }
function zoom(by, x, y) {
  const lon = lonOf(x), lat = latOf(y);
  view.s = Math.min(Math.max(view.s * by, 1e-4), 60);
  view.x = lon - (x - cw / 2) / (kx * view.s); view.y = lat + (y - ch / 2) / (ky * view.s);
  moved();
}
cv.addEventListener('wheel', e => { e.preventDefault(); zoom(Math.exp(-e.deltaY * 0.0015), e.offsetX, e.offsetY); }, { passive: false });
const fingers = new Map(); let drag = 0, apart = 0;
cv.addEventListener('pointerdown', e => { cv.setPointerCapture(e.pointerId); fingers.set(e.pointerId, [e.offsetX, e.offsetY]); drag = 0; apart = 0; });
cv.addEventListener('pointermove', e => {
  const old = fingers.get(e.pointerId); if (!old) return;
  fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
  if (fingers.size === 2) {
    const [a, b] = [...fingers.values()], d = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (apart) zoom(d / apart, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    apart = d; drag = 99; return;
  }
  const dx = e.offsetX - old[0], dy = e.offsetY - old[1]; drag += Math.abs(dx) + Math.abs(dy);
  view.x -= dx / (kx * view.s); view.y += dy / (ky * view.s); moved();
});
const up = e => {
  if (fingers.delete(e.pointerId) && drag < 5 && e.type === 'pointerup') {
    let best = -1, bd = 12;
    for (const i of shown) { const f = D.faults[i]; if (!hasPlace(f)) continue; const d = Math.hypot(sx(f[F.lon]) - e.offsetX, sy(f[F.lat]) - e.offsetY); if (d < bd) { bd = d; best = i; } }
    choose(best, false);
  }
};
cv.addEventListener('pointerup', up); cv.addEventListener('pointercancel', up);
cv.addEventListener('keydown', e => {
  const step = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] }[e.key];
  if (step) { view.x += step[0] / (kx * view.s); view.y -= step[1] / (ky * view.s); moved(); e.preventDefault(); }
  if (e.key === '+' || e.key === '=') zoom(1.5, cw / 2, ch / 2);
  if (e.key === '-') zoom(1 / 1.5, cw / 2, ch / 2);
});
$('zin').onclick = () => zoom(1.6, cw / 2, ch / 2); $('zout').onclick = () => zoom(1 / 1.6, cw / 2, ch / 2); $('zall').onclick = () => fit(B);

// ---- filter, order, table
const cols = ['sev', 'file', 'row', 'field', 'value', 'text', 'fix', 'cls'];
const textOf = f => f[lang === 'zh' ? F.zh : F.en];
const RANK = { refused: 0, error: 1, warning: 2, fixed: 3, note: 4 };
const sortKey = { sev: f => RANK[sevOf(f)], file: f => D.files[f[F.file]], row: f => f[F.row], field: f => f[F.field], value: f => f[F.value], text: f => D.rules[f[F.rule]].rule, fix: f => f[F.fix], cls: f => f[F.cls] };
function filter() {
  const q = pick.q.toLowerCase().split(/\s+/).filter(Boolean);
  const b = pick.view ? [lonOf(0), latOf(ch), lonOf(cw), latOf(0)] : null;
  shown = [];
  for (let i = 0; i < D.faults.length; i++) {
    const f = D.faults[i];
    if (pick.file !== '' && f[F.file] !== +pick.file) continue;
    if (pick.rule !== '' && f[F.rule] !== +pick.rule) continue;
    if (pick.cls !== '' && f[F.cls] !== pick.cls) continue;
    if (pick.sev !== '' && sevOf(f) !== pick.sev) continue;
    if (b && (!hasPlace(f) || f[F.lon] < b[0] || f[F.lat] < b[1] || f[F.lon] > b[2] || f[F.lat] > b[3])) continue;
    if (q.length && !q.every(w => words(i).includes(w))) continue;
    shown.push(i);
  }
  if (order.by) {
    const k = sortKey[order.by], s = order.down ? -1 : 1;
    shown.sort((a, b2) => { const x = k(D.faults[a]), y = k(D.faults[b2]); return (x < y ? -s : x > y ? s : a - b2); });
  }
  const t = W[lang], lost = shown.reduce((n, i) => n + (hasPlace(D.faults[i]) ? 0 : 1), 0);
  $('count').textContent = shown.length || D.more ? t.count(shown.length, D.faults.length + D.more, D.more) + (lost ? t.noplace(lost) : '') : t.none;
  $('tall').style.height = shown.length * 44 + 'px';
  $('tbody').scrollTop = 0; rows(true); marks();
  if (!queued) { queued = true; requestAnimationFrame(draw); }
}
let from = -1, to = -1;
function rows(anew) {
  const body = $('tbody'), tall = $('tall');
  const a = Math.max(0, Math.floor(body.scrollTop / 44) - 8), z = Math.min(shown.length, a + Math.ceil(body.clientHeight / 44) + 20);
  if (!anew && a === from && z === to) return;
  from = a; to = z;
  tall.textContent = '';
  for (let k = a; k < z; k++) tall.append(rowOf(shown[k], k));
}
function rowOf(i, k) {
  const f = D.faults[i], r = el('div', 'row' + (i === chosen ? ' on' : ''));
  r.style.top = k * 44 + 'px';
  const s = sevOf(f), rule = D.rules[f[F.rule]];
  const sev = el('div', '', W[lang][s]); sev.style.color = COLOR[s]; sev.style.fontWeight = 600;
  const what = el('div', '', textOf(f) || rule[lang]); what.title = rule.rule + '\n' + rule.zh + '\n' + rule.en;
  const file = el('div', '', base(D.files[f[F.file]])); file.title = D.files[f[F.file]];
  r.append(sev, file, el('div', 'n', f[F.row] || ''), el('div', '', f[F.field]), el('div', '', f[F.value]), what, el('div', '', f[F.fix]), el('div', '', f[F.cls]));
  r.onclick = () => choose(i, true);
  return r;
}
function choose(i, go) {
  chosen = i;
  const card = $('card'); card.hidden = i < 0; card.textContent = '';
  if (i >= 0) {
    const f = D.faults[i], t = W[lang], rule = D.rules[f[F.rule]];
    const x = el('button', 'x', '×'); x.onclick = () => choose(-1, false);
    const h = el('h3', '', textOf(f) || rule[lang]); h.style.color = COLOR[sevOf(f)];
    const dl = el('dl');
    const add = (k, v) => { if (v) dl.append(el('dt', '', k), el('dd', '', v)); };
    add(t.sev, t[sevOf(f)]); add(t.rule, rule.rule + ' ' + (rule[lang] || '')); add(t.file, base(D.files[f[F.file]])); add(t.row, f[F.row] ? '' + f[F.row] : t.whole);
    add(t.field, f[F.field]); add(t.value, f[F.value]); add(t.fix, f[F.fix]); add(t.other, f[F.other] ? '' + f[F.other] : '');
    add(t.cls, f[F.cls] ? f[F.cls] + ' ' + (D.classes[f[F.cls]] || '') : ''); add(t.key, f[F.key]);
    add(t.at, hasPlace(f) ? f[F.lon].toFixed(7) + ', ' + f[F.lat].toFixed(7) : '');
    card.append(x, h, dl);
    if (go && hasPlace(f)) { view.x = f[F.lon]; view.y = f[F.lat]; view.s = Math.max(view.s, 0.8); }
    const k = shown.indexOf(i), body = $('tbody');
    if (!go && k >= 0) body.scrollTop = Math.max(0, k * 44 - body.clientHeight / 2);
  }
  rows(true); moved();
}
$('tbody').addEventListener('scroll', () => rows(false));

// ---- side lists
function marks() {
  for (const b of document.querySelectorAll('.pick')) b.classList.toggle('on', b.dataset.k === 'rule' ? pick.rule === b.dataset.v : pick.cls === b.dataset.v);
  for (const [id, k] of [['file', 'file'], ['rule', 'rule'], ['class', 'cls'], ['sev', 'sev']]) $(id).value = pick[k];
  $('q').value = pick.q; $('view').checked = pick.view;
}
function lists() {
  const byRule = new Map(), byClass = new Map();
  for (const [, c, r, sev, n, fixed] of D.counts) {
    const k = r + ' ' + sev, o = byRule.get(k) || { r, sev, n: 0, fixed: 0 }; o.n += n; o.fixed += fixed; byRule.set(k, o);
    if (c) byClass.set(c, (byClass.get(c) || 0) + n);
  }
  const R = { error: 0, warning: 1, note: 2 };
  const button = (k, v, color, name, small, n) => {
    const b = el('button', 'pick'); b.type = 'button'; b.dataset.k = k; b.dataset.v = v;
    const i = el('i'); i.style.background = color; const s = el('span', '', name); if (small) s.append(el('small', '', small));
    b.append(i, s, el('b', '', n));
    b.onclick = () => { const key = k === 'rule' ? 'rule' : 'cls'; pick[key] = pick[key] === v ? '' : v; filter(); };
    return b;
  };
  $('rules').replaceChildren(...[...byRule.values()].sort((a, b) => R[a.sev] - R[b.sev] || b.n - a.n).map(o => {
    const x = D.rules[o.r];
    return button('rule', '' + o.r, o.fixed === o.n ? COLOR.fixed : COLOR[o.sev], x[lang] || x.rule, x.rule + (o.fixed ? ' · ' + W[lang].fixed + ' ' + o.fixed : ''), o.n);
  }));
  $('classes').replaceChildren(...[...byClass].sort((a, b) => b[1] - a[1]).map(([c, n]) => button('class', c, '#9aa7b5', c + ' ' + (D.classes[c] || ''), '', n)));
  const fill = (id, any, opts) => { $(id).replaceChildren(new Option(any, ''), ...opts.map(([v, t]) => new Option(t, v))); };
  const t = W[lang];
  fill('file', t.anyfile, D.files.map((f, i) => ['' + i, base(f)])); fill('rule', t.anyrule, D.rules.map((r, i) => ['' + i, (r[lang] || r.rule)]));
  fill('class', t.anyclass, [...byClass.keys()].sort().map(c => [c, c + ' ' + (D.classes[c] || '')]));
  fill('sev', t.anysev, ['refused', 'error', 'warning', 'note', 'fixed'].filter(s => D.faults.some(f => sevOf(f) === s)).map(s => [s, t[s]]));
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t[e.dataset.t];
  $('q').placeholder = t.search;
  $('thead').replaceChildren(...cols.map(c => {
    const b = el('button', '', t[c] + (order.by === c ? (order.down ? ' ▼' : ' ▲') : '')); b.type = 'button';
    b.onclick = () => { order = order.by === c ? (order.down ? { by: '', down: false } : { by: c, down: true }) : { by: c, down: false }; lists(); filter(); };
    return b;
  }));
  for (const b of document.querySelectorAll('#langs button')) b.classList.toggle('on', b.dataset.lang === lang);
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
}
for (const [id, k] of [['file', 'file'], ['rule', 'rule'], ['class', 'cls'], ['sev', 'sev']]) $(id).onchange = e => { pick[k] = e.target.value; filter(); };
$('q').oninput = e => { pick.q = e.target.value; later(); };
$('view').onchange = e => { pick.view = e.target.checked; filter(); };
$('clear').onclick = () => { Object.assign(pick, { q: '', file: '', rule: '', cls: '', sev: '', view: false }); filter(); };
$('bar').onsubmit = e => e.preventDefault();
$('csv').onclick = () => {
  const cell = v => { let s = '' + (v === undefined ? '' : v); if (/^[=+@\t-]/.test(s) && isNaN(s)) s = "'" + s; return /[",\n]/.test(s) ? '"' + s.replace(/"/g, '""') + '"' : s; };
  const out = [['file', 'row', 'field', 'value', 'rule', 'severity', 'class', 'code', 'longitude', 'latitude', 'other_row', 'fix', '说明', 'text']];
  for (const i of shown) { const f = D.faults[i]; out.push([D.files[f[F.file]], f[F.row] || '', f[F.field], f[F.value], D.rules[f[F.rule]].rule, sevOf(f), f[F.cls], f[F.key], hasPlace(f) ? f[F.lon] : '', hasPlace(f) ? f[F.lat] : '', f[F.other] || '', f[F.fix], f[F.zh], f[F.en]]); }
  const a = el('a'); a.href = URL.createObjectURL(new Blob(['\ufeff' + out.map(r => r.map(cell).join(',')).join('\r\n')], { type: 'text/csv' })); a.download = 'faults.csv'; a.click();
};
for (const b of document.querySelectorAll('#langs button')) b.onclick = () => { lang = b.dataset.lang; lists(); filter(); choose(chosen, false); };
document.getElementById('app').hidden = false; document.getElementById('langs').hidden = false; document.getElementById('plain').open = false;
size(); lists(); filter(); fit(B);
addEventListener('resize', () => { size(); moved(); rows(true); });
})();
