// The way of a correction: who may not is offered nothing and told why, a surveyor clicks the right place, an editor
// accepts, the next answer knows it and says by whom, and it is taken back.
import { expect } from './page.mjs'

const report = '老供销社门口垃圾满了'
const next = '老供销社旁边井盖丢了'

export async function correct({ base, check, open }, [viewer, surveyor, editor]) {
  const signIn = (key, options) => open({ path: `/login?key=${encodeURIComponent(key)}`, ...options })
  const box = (await (await fetch(`${base}/catalog`)).json()).layers.find((l) => l.name === 'component').bounds
  const right = [box[0] + 0.4 * (box[2] - box[0]), box[1] + 0.6 * (box[3] - box[1])]
  const far = ([lon, lat]) => Math.hypot((lon - right[0]) * 91_000, (lat - right[1]) * 111_000) // metres, near enough at 35°

  async function locate({ tab }, text) {
    await tab.click('#report-button')
    await tab.fill('#report-text', text)
    const answered = tab.waitForResponse((r) => r.url().endsWith('/v1/locate'))
    await tab.keyboard.press('Enter')
    await answered
    await tab.waitForSelector('#sheet .answer')
  }

  /** What the page's own requests are answered, and that the page complains of nothing else. */
  async function refused(page, status, words) {
    for (const path of ['v1/feedback', 'v1/feedback/1/accept', 'v1/feedback/1/undo']) {
      const r = await page.tab.evaluate(async (path) => {
        const res = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"text":"某处","point":[116.97,35.4]}' })
        return { status: res.status, detail: (await res.json()).detail }
      }, path)
      expect(r.status === status && words.test(r.detail), `POST ${path}: ${JSON.stringify(r)}`)
    }
    const other = page.complaints.filter((c) => !/40[13]/.test(c))
    expect(other.length === 0, other.join('; '))
  }

  for (const [who, key, status, words] of [['signed out', '', 401, /key/], ['a viewer', viewer, 403, /surveyor|editor/]]) {
    await check(`${who}: nothing is offered, and HTTP says why`, async () => {
      const page = key ? await signIn(key) : await open()
      await page.tab.click('#report-button')
      await page.tab.waitForSelector('#report-text')
      expect(await page.tab.locator('#review, #taught').count() === 0, 'the lists are offered')
      await locate(page, report)
      expect(await page.tab.locator('#sheet .place-label').count() === 0, 'the city knows the place already: nothing is shown by this test')
      expect(await page.tab.locator('#correct, #review, #take-back').count() === 0, 'a correction is offered')
      await refused(page, status, words)
      await page.close()
    })
  }

  await check('a surveyor on a phone clicks the place, moves it, and sends it', async () => {
    const page = await signIn(surveyor, { width: 390, height: 844, phone: true })
    const { tab } = page
    await locate(page, report)
    await page.shot('correct-phone-answer')
    expect(await tab.locator('#review').count() === 0, 'a surveyor is offered the lists of an editor')
    await tab.tap('#correct')
    expect(await tab.locator('#sheet .primary').isDisabled(), 'it can be sent without a place')
    await page.jump(...right, 17)
    const tap = async (dx, dy) => {
      const at = await tab.evaluate((p) => { const { x, y } = window.wanmi.map.project(p); return [x, y] }, right)
      await tab.touchscreen.tap(at[0] + dx, at[1] + dy)
      await tab.waitForFunction(() => document.querySelector('#sheet .around')?.textContent.trim())
      await page.settled()
    }
    await tap(60, -40)
    const first = await page.text('#sheet .report-form .quiet')
    await tab.fill('#sheet form input', '居民常说')
    await tap(0, 0)
    const point = await page.text('#sheet .report-form .quiet')
    expect(point !== first && far(point.split(/[,·]/).slice(0, 2).map(Number)) < 2, `the place is ${point}, before ${first}, want ${right}`)
    expect(await tab.inputValue('#sheet form input') === '居民常说', 'the note is lost with the second click')
    expect(await page.count('found-pin') > 0, 'no pin is drawn')
    await page.shot('correct-phone')
    await tab.tap('#sheet .primary')
    await tab.waitForSelector('.toast')
    const said = await page.text('.toast')
    expect(/\d/.test(said) && await tab.locator('#sheet').isHidden(), `it says ${said}`)
    expect(page.complaints.length === 0, page.complaints.join('; '))
    await page.close()
    return point
  })

  const page = await signIn(editor, { locale: 'en-GB' })
  const { tab } = page
  await check('an editor finds it, sees what it teaches, and accepts it', async () => {
    await tab.click('#report-button')
    await page.shot('correct-desk')
    await locate(page, next)
    expect(await tab.locator('#sheet .place-label').count() === 0, 'it counts before it is reviewed')
    await tab.click('#review')
    await tab.waitForSelector('.corrections li')
    const text = await page.text('.corrections li')
    for (const word of [report, '居民常说', 'Learns', '老供销社', 'surveyor']) expect(text.includes(word), `${word} is not said: ${text}`)
    await tab.click('.corrections .result')
    await page.settled()
    expect(await page.count('found-pin') > 0, 'its place is not shown')
    await page.shot('correct-review')
    await tab.click('.corrections .accept')
    await tab.waitForFunction(() => document.querySelector('#sheet[data-content=corrections]') && !document.querySelector('.corrections li'))
    await page.settled()
    expect(await page.count('found-pin') === 0, 'the pin of what is decided stays')
  })

  await check('back at the report the answer is the new one, and says by whom', async () => {
    await tab.click('#sheet .back')
    await tab.waitForSelector('#sheet[data-content=report] .place-label')
    await page.settled()
    const { at, words } = await tab.evaluate(() => ({
      at: window.wanmi.map.getSource('found').serialize().data.features.find((x) => x.properties.kind === 'pin')?.geometry.coordinates,
      words: [...document.querySelectorAll('#sheet .word')].map((x) => x.innerText).join(' | '),
    }))
    expect(at && far(at) < 2, `the pin is at ${at}, want ${right}`)
    expect(/local name · surveyor, accepted by editor/.test(words), `reasons: ${words}`)
    await page.shot('correct-answer')
    return words.replaceAll('\n', ' ')
  })

  await check('it is taken back from the answer itself, with a reason', async () => {
    await tab.click('#take-back')
    await tab.waitForSelector('.corrections .undo')
    expect((await page.text('.corrections li')).includes('accepted by editor'), 'it does not say who accepted')
    await tab.click('.corrections .undo')
    await tab.waitForSelector('.toast')
    expect(await tab.locator('.corrections li').count() === 1, 'it is taken back without a reason')
    await tab.fill('.corrections li input', '已拆除')
    await tab.click('#lang')
    expect(await tab.inputValue('.corrections li input') === '已拆除', 'the reason is lost with the language')
    await page.settled()
    await page.shot('correct-take-back')
    await tab.click('.corrections .undo')
    await tab.waitForFunction(() => !document.querySelector('.corrections li'))
    await tab.click('#sheet .back')
    await tab.waitForSelector('#sheet[data-content=report] .answer .empty')
    await page.settled()
    expect(await page.count('found-pin') === 0, 'the pin of what is forgotten stays')
    await page.shot('correct-forgotten')
  })

  await check('a key revoked meanwhile is told in words', async () => {
    expect(page.complaints.length === 0, page.complaints.join('; '))
    await tab.context().clearCookies()
    await tab.click('#review')
    await tab.waitForSelector('.toast.error')
    const said = await page.text('.toast.error')
    expect(said.includes('请重新登录'), `it says ${said}`)
    await page.close()
    return said.replace(/\s+/g, ' ')
  })
}
