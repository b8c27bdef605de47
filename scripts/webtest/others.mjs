// The checks at phone width, of an English browser in the dark, and of a link to a thing that is not there.
import { expect } from './page.mjs'

export async function others({ base, report, check, open }) {
  const catalog = await (await fetch(`${base}/catalog`)).json()
  const box = catalog.layers.find((l) => l.name === 'component').bounds
  const at = `${((box[1] + box[3]) / 2).toFixed(5)}/${((box[0] + box[2]) / 2).toFixed(5)}`

  await check('phone: a cell by touch, its card a sheet at the foot, nothing wider than the screen', async () => {
    const page = await open({ path: `/#17/${at}`, width: 390, height: 844, phone: true })
    const { tab } = page
    await page.shot('phone-map')
    const spot = await page.spot('unit_grid-area', ['component', 'component-dot', 'component-fault', 'component-line', 'component-edge'])
    expect(spot, 'no free spot in a cell')
    await tab.touchscreen.tap(spot.x, spot.y)
    await tab.waitForSelector('#sheet[data-content=card] .code')
    await tab.waitForTimeout(300)
    const r = await tab.evaluate(() => { const b = document.querySelector('#sheet').getBoundingClientRect(); return { left: b.left, right: b.right, bottom: b.bottom, height: b.height, wide: document.documentElement.scrollWidth } })
    expect(r.left === 0 && r.right === 390 && Math.abs(r.bottom - 844) < 1 && r.height < 844 * 0.6 && r.wide <= 390, JSON.stringify(r))
    await page.shot('phone-cell')
    const small = await tab.evaluate(() => [...document.querySelectorAll('#controls button, #top .icon-button')].filter((b) => b.offsetParent && Math.min(b.offsetWidth, b.offsetHeight) < 38).map((b) => b.id))
    expect(small.length === 0, `too small for a finger: ${small}`)
    await tab.tap('#sheet .close')
    const text = report ?? `${(await page.values('component-dot', 'code'))[0]}损坏`
    await tab.tap('#report-button')
    await tab.fill('#report-text', text)
    await tab.tap('#sheet .primary')
    await tab.waitForSelector('#sheet .answer .place-label')
    await page.settled()
    await page.shot('phone-report')
    expect(await page.count('found-pin') > 0, 'no pin is drawn')
    const y = await tab.evaluate(() => { const m = window.wanmi.map; const f = m.getSource('found').serialize().data.features.find((x) => x.properties.kind === 'pin'); return m.project(f.geometry.coordinates).y })
    expect(y < 844 * 0.54 && y > 110, `the pin at ${y} is under a panel`)
    await tab.tap('#sheet .close')
    await tab.tap('#layers-button')
    await tab.waitForSelector('#layers [data-switch=unit_grid]')
    await page.shot('phone-layers')
    expect(page.complaints.length === 0, page.complaints.join('; '))
    await page.close()
  })

  await check('an English browser in the dark gets English and dark', async () => {
    const page = await open({ path: `/#16.5/${at}`, scheme: 'dark', locale: 'en-GB' })
    expect(await page.tab.getAttribute('html', 'lang') === 'en' && await page.tab.getAttribute('html', 'data-theme') === 'dark', 'it does not')
    await page.tab.click('#layers-button')
    await page.shot('desk-english-dark')
    expect(page.complaints.length === 0, page.complaints.join('; '))
    await page.close()
  })

  await check('a link to a cell that is not there says so calmly', async () => {
    const page = await open({ path: `/#17/${at}/grid:000000000000001`, settle: false }) // the message does not stay for ever
    await page.tab.waitForSelector('.toast.error')
    const said = await page.text('.toast.error')
    expect(said.length > 8, `it says: ${said}`)
    const other = page.complaints.filter((c) => !/404/.test(c))
    expect(other.length === 0, other.join('; '))
    await page.close()
    return said.replace(/\s+/g, ' ')
  })
}
