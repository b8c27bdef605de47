// The checks of the page at 1600 x 1000: tiles, search, cards, a report, switches, language, theme.
import { expect } from './page.mjs'

const components = ['component', 'component-dot', 'component-fault', 'component-line', 'component-edge']

export async function desk({ base, report, check, open }) {
  const page = await open()
  const { tab } = page
  const key = (k) => tab.keyboard.press(k)
  let centre

  await check('the city is drawn at first sight', async () => {
    const n = { community: await page.count('community'), road: await page.count('road') }
    expect(n.community > 0 && n.road > 0, `drawn: ${JSON.stringify(n)}`)
    const colours = await page.colours()
    expect(colours > 12, `the picture has ${colours} colours`)
    await page.shot('desk-city')
    return `${n.community} borders, ${n.road} roads, ${colours} colours`
  })

  await check('near: cells with numbers, buildings, components, street names', async () => {
    const catalog = await (await fetch(`${base}/catalog`)).json()
    const box = catalog.layers.find((l) => l.name === 'component')?.bounds
    expect(box, 'the catalogue has no bounds of components')
    centre = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    await page.jump(...centre, 17)
    const n = {}
    for (const id of ['unit_grid', 'unit_grid-number', 'building', 'component', 'component-dot', 'road']) n[id] = await page.count(id)
    n.names = await page.count('road-name-minor', 'road-name-local', 'road-name-collector', 'road-name-arterial')
    for (const [id, k] of Object.entries(n)) expect(k > 0, `nothing drawn of ${id}: ${JSON.stringify(n)}`)
    await page.shot('desk-near')
    return JSON.stringify(n)
  })

  await check('search by keyboard: / types, arrows choose, Enter goes, Escape closes', async () => {
    const name = (await page.values('road', 'name'))[0]
    expect(name, 'no road with a name is drawn')
    await page.jump(centre[0] + 0.002, centre[1], 16.8)
    const before = await page.view()
    await key('/')
    await tab.keyboard.type(name)
    await tab.waitForSelector('#suggestions [role=option]')
    await key('ArrowDown')
    expect(await tab.locator('#suggestions [aria-selected=true]').count() === 1, 'no suggestion is marked')
    expect((await tab.getAttribute('#search', 'aria-activedescendant')) === 'option-0', 'the marked suggestion is not announced')
    await page.shot('desk-suggestions')
    await key('Enter')
    await tab.waitForSelector('#sheet:not([hidden])')
    await page.settled()
    const after = await page.view()
    expect(JSON.stringify(before) !== JSON.stringify(after), 'the map did not move')
    await key('Enter')
    await tab.waitForSelector('#sheet[data-content=results] .result')
    await page.settled()
    await page.shot('desk-results')
    await key('Escape')
    await key('Escape')
    expect(await tab.locator('#sheet').isHidden(), 'Escape did not close the results')
    return name
  })

  await check('words nobody knows are told so', async () => {
    await key('/')
    await tab.keyboard.type('qqqxxxzzzvvv')
    await key('Enter')
    await tab.waitForSelector('#sheet .empty')
    await key('Escape')
    await key('Escape')
  })

  await check('a click on a cell shows its card', async () => {
    await page.jump(...centre, 17.4)
    const at = await page.spot('unit_grid-area', components)
    expect(at, 'no free spot in a cell')
    await tab.mouse.click(at.x, at.y)
    await tab.waitForSelector('#sheet[data-content=card] .code')
    const code = (await page.text('#sheet .code')).replace(/\s/g, '')
    expect(code === at.code, `got ${code}, want ${at.code}`)
    expect(/^[0-9A-Z]{15}$/.test(code), `${code} is no code of a cell`)
    await page.settled()
    expect(await page.count('selection-line') > 0, 'the cell is not marked')
    expect(await tab.locator('#sheet dt').count() >= 3, 'the card has hardly a field')
    await page.shot('desk-cell')
    return code
  })

  await check('a click on a component shows its card with its history', async () => {
    await page.jump(...centre, 18.3)
    const at = await page.spot('component')
    expect(at, 'no free component')
    await tab.mouse.click(at.x, at.y)
    await tab.waitForFunction((code) => document.querySelector('#sheet .code')?.textContent === code, at.code)
    await tab.waitForSelector('#sheet .history li')
    expect(await tab.locator('#sheet dt').count() >= 4, 'the card has hardly a field')
    await page.settled()
    await page.shot('desk-component')
    return at.code
  })

  await check('a link restores the view and what was selected', async () => {
    const href = tab.url()
    expect(/#[\d.]+\/-?[\d.]+\/-?[\d.]+\/component:/.test(href), `the address is ${href}`)
    const [was, code] = [await page.view(), (await page.text('#sheet .code')).replace(/\s/g, '')]
    const again = await open({ path: href.slice(base.length) })
    await again.tab.waitForSelector('#sheet .code')
    const now = await again.view()
    expect(Math.abs(was.lon - now.lon) < 2e-5 && Math.abs(was.lat - now.lat) < 2e-5 && Math.abs(was.zoom - now.zoom) < 0.02, `got ${JSON.stringify(now)}, want ${JSON.stringify(was)}`)
    expect((await again.text('#sheet .code')).replace(/\s/g, '') === code, 'another thing is selected')
    const said = again.complaints
    await again.close()
    expect(said.length === 0, said.join('; '))
    await key('Escape')
    expect(!tab.url().includes('component:'), 'the address keeps what is closed')
  })

  await check('a report is placed: pin, circle, cell, department, reasons', async () => {
    const text = report ?? `${(await page.values('component', 'code'))[0]}损坏`
    await tab.click('#report-button')
    await tab.fill('#report-text', text)
    await key('Enter')
    await tab.waitForSelector('#sheet .answer .place-label')
    await page.settled()
    expect(await page.count('found-pin') > 0, 'no pin is drawn')
    expect(await page.count('found-circle') > 0, 'no uncertainty is drawn')
    const cell = (await page.text('#sheet .answer .fields .code')).replace(/\s/g, '')
    expect(/^[0-9A-Z]{15}$/.test(cell), `the cell is ${cell}`)
    await tab.waitForTimeout(400)
    expect(await page.count('selection-line') > 0, 'the cell is not marked')
    expect(await tab.locator('#sheet .answer .fields strong').count() > 0, 'no department')
    expect(/事件|Matter/.test(await page.text('#sheet .answer .fields')), 'it does not say what is wrong')
    expect(await tab.locator('#sheet .word').count() > 0, 'no reasons')
    await page.shot('desk-report')
    if (await tab.locator('#sheet .candidate').count() > 0) {
      const code = await tab.locator('#sheet .candidate').first().getAttribute('data-code')
      await tab.locator('#sheet .candidate').first().click()
      await tab.waitForFunction((want) => document.querySelector('#sheet[data-content=card] .code')?.textContent === want, code)
      await tab.click('#sheet .back')
      await tab.waitForSelector('#sheet[data-content=report] .answer')
    }
    const place = await page.text('#sheet .place-label')
    await tab.click('#sheet .close')
    await page.settled()
    expect(await page.count('found-pin') === 0, 'the pin stays when the panel is closed')
    return `${text} → ${place}`
  })

  await check('the box of layers: switches work, every major class has its symbol', async () => {
    await page.jump(...centre, 17)
    await tab.click('#layers-button')
    await tab.waitForSelector('#layers [data-switch=unit_grid]')
    expect(await tab.locator('#layers [data-switch^=major-]').count() === 5, 'there are not five major classes')
    const count = async () => ({ grid: await page.count('unit_grid'), dots: await page.count('component-dot') })
    const on = await count()
    await tab.click('#layers [data-switch=unit_grid]')
    for (const m of ['01', '02', '03', '05']) await tab.click(`#layers [data-switch="major-${m}"]`)
    await page.settled()
    const off = await count()
    expect(on.grid > 0 && off.grid === 0 && off.dots < on.dots, `on ${JSON.stringify(on)}, off ${JSON.stringify(off)}`)
    const classes = await page.values('component-dot', 'class')
    expect(classes.every((c) => c.startsWith('04')), `classes left: ${classes}`)
    await page.shot('desk-layers')
    await tab.click('#layers [data-switch=unit_grid]')
    for (const m of ['01', '02', '03', '05']) await tab.click(`#layers [data-switch="major-${m}"]`)
    await page.settled()
    const again = await count()
    expect(again.grid > 0 && again.dots >= on.dots, `on again ${JSON.stringify(again)}`)
    await key('Escape')
    expect(await tab.locator('#layers').isHidden(), 'Escape did not close the box')
  })

  await check('Chinese and English, remembered', async () => {
    expect(await tab.getAttribute('html', 'lang') === 'zh-CN', 'a Chinese browser does not get Chinese')
    await tab.click('#lang')
    expect(await tab.getAttribute('html', 'lang') === 'en', 'the language did not change')
    expect(/report/i.test(await page.text('#report-button')), 'words stay Chinese')
    await tab.reload()
    await page.settled()
    expect(await tab.getAttribute('html', 'lang') === 'en', 'the choice is forgotten')
    await tab.click('#lang')
  })

  await check('light and dark, remembered', async () => {
    const paper = () => tab.evaluate(() => window.wanmi.map.getPaintProperty('paper', 'background-color'))
    const was = await paper()
    await tab.click('#theme')
    await tab.waitForFunction((old) => window.wanmi.map.getPaintProperty('paper', 'background-color') !== old, was)
    await page.settled()
    expect(await tab.getAttribute('html', 'data-theme') === 'dark', 'the page is not dark')
    expect(await page.count('road') > 0, 'the roads are gone')
    await page.shot('desk-dark')
    await tab.reload()
    await page.settled()
    expect(await paper() !== was, 'the choice is forgotten')
    await tab.click('#theme')
    await page.settled()
  })

  await check('zoom buttons, scale, names for assistive technology', async () => {
    const z = (await page.view()).zoom
    await tab.click('#zoom-in')
    await page.settled()
    expect((await page.view()).zoom > z + 0.5, 'the map did not zoom')
    expect(/\d+\s(m|km)/.test(await page.text('.maplibregl-ctrl-scale')), 'no scale')
    const nameless = await tab.evaluate(() => [...document.querySelectorAll('button, input, textarea, canvas')]
      .filter((el) => !(el.getAttribute('aria-label') || el.textContent.trim() || el.closest('label')?.textContent.trim())).map((el) => el.outerHTML.slice(0, 80)))
    expect(nameless.length === 0, `without a name: ${nameless}`)
  })

  await check('nothing was complained of, nothing asked of another server', async () => {
    expect(page.complaints.length === 0, [...new Set(page.complaints)].slice(0, 5).join('; '))
  })
  await page.close()
}
