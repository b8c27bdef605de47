// The pure helpers of the page: views in addresses, shapes, codes. Run by `npm test`.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const src = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'format.ts')
const out = await build({ entryPoints: [src], bundle: true, format: 'esm', write: false })
const f = await import(`data:text/javascript;base64,${Buffer.from(out.outputFiles[0].contents).toString('base64')}`)

test('a view is read back as it was written', () => {
  for (const v of [
    { zoom: 16.25, lat: 35.4012345, lon: 116.98765 },
    { zoom: 3, lat: -12.5, lon: -0.25 },
    { zoom: 18, lat: 35.4, lon: 117, selected: { kind: 'grid', code: '370883001001001' } },
    { zoom: 18, lat: 35.4, lon: 117, selected: { kind: 'component', code: '37088301001000001' } },
  ]) {
    const got = f.parseView(f.formatView(v))
    assert.equal(got.zoom, v.zoom)
    assert.ok(Math.abs(got.lat - v.lat) < 1e-3 && Math.abs(got.lon - v.lon) < 1e-3, `got ${JSON.stringify(got)}, want ${JSON.stringify(v)}`)
    assert.deepEqual(got.selected, v.selected)
  }
})

test('an address that is no view is none', () => {
  for (const bad of ['', '#', '#x', '#16', '#16/35', '#16/95/116', '#16/35/181', '#99/35/116', '#16/35/116/road:1', '#16/35/116/grid:', '#16/35/116/grid:<b>', '#16/35/116/grid:1/2', '#NaN/1/2', '#1e3/1/2']) {
    assert.equal(f.parseView(bad), null, bad)
  }
  assert.deepEqual(f.parseView('#16/35/116/grid:%zz'), { zoom: 16, lat: 35, lon: 116 })
})

test('a circle is round in metres and closed', () => {
  const ring = f.circle([116.97, 35.4], 100)
  assert.deepEqual(ring[0], ring[ring.length - 1])
  for (const [lon, lat] of ring) {
    const d = Math.hypot((lon - 116.97) * 111_320 * Math.cos(35.4 * Math.PI / 180), (lat - 35.4) * 110_950)
    assert.ok(Math.abs(d - 100) < 0.5, `got ${d}, want 100`)
  }
})

test('the box around coordinates at any depth', () => {
  assert.deepEqual(f.boxOf([1, 2]), [1, 2, 1, 2])
  assert.deepEqual(f.boxOf([[[1, 2], [3, -4]], [[0, 9]]]), [0, -4, 3, 9])
  assert.equal(f.boxOf([]), null)
  assert.equal(f.boxOf(null), null)
})

test('codes in the groups of the standards', () => {
  assert.deepEqual(f.codeGroups('370883001002003'), ['370883', '001', '002', '003'])
  assert.deepEqual(f.codeGroups('37088301037000012'), ['370883', '01', '037', '000012'])
  assert.deepEqual(f.codeGroups('3708830118000012'), ['370883', '01', '18', '000012'])
  assert.deepEqual(f.codeGroups('whatever'), ['whatever'])
})

test('lengths and shares in words', () => {
  assert.equal(f.metres(7.25), '7.3 m')
  assert.equal(f.metres(12.6), '13 m')
  assert.equal(f.metres(1234), '1.2 km')
  assert.equal(f.metres(NaN), '–')
  assert.equal(f.percent(0.934), '93%')
  assert.equal(f.percent(7), '100%')
})
