// One page of the browser, with what the checks ask of it. Everything it complains about is kept.
import { join } from 'node:path'

const timeout = 90_000 // a software GPU on a busy machine takes its time

export class Page {
  static async open(browser, base, shots, { path = '/', width = 1600, height = 1000, scheme = 'light', locale = 'zh-CN', phone = false, settle = true } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme: scheme, hasTouch: phone, isMobile: phone, reducedMotion: 'reduce', deviceScaleFactor: phone ? 2 : 1 })
    const page = new Page(context, await context.newPage(), base, shots)
    await page.go(path, settle)
    return page
  }

  constructor(context, tab, base, shots) {
    Object.assign(this, { context, tab, base, shots, complaints: [] })
    const origin = new URL(base).origin
    tab.setDefaultTimeout(timeout)
    tab.on('console', (m) => {
      // Chromium's own remarks on reading pixels back from a software GPU are no faults of the page.
      if (['error', 'warning'].includes(m.type()) && !/GL Driver Message|ReadPixels/.test(m.text())) this.complaints.push(`console ${m.type()}: ${m.text()}`)
    })
    tab.on('pageerror', (err) => this.complaints.push(`error: ${err.message}`))
    tab.on('requestfailed', (r) => {
      // Tiles no longer wanted and suggestions overtaken by typing are given up on purpose.
      if (!/ERR_ABORTED/.test(r.failure()?.errorText ?? '')) this.complaints.push(`request failed: ${r.url()} ${r.failure()?.errorText}`)
    })
    tab.on('response', (r) => { if (r.status() >= 400) this.complaints.push(`status ${r.status()}: ${r.url()}`) })
    tab.on('request', (r) => {
      const u = new URL(r.url())
      if (!['data:', 'blob:'].includes(u.protocol) && u.origin !== origin) this.complaints.push(`request to another origin: ${r.url()}`)
    })
  }

  async go(path, settle = true) {
    await this.tab.goto(this.base + path)
    if (path.includes('#')) await this.tab.reload() // a change of the fragment alone loads nothing
    if (settle) await this.settled()
  }

  /** Waits until the map has nothing more to load or to move. */
  async settled() {
    await this.tab.waitForFunction(() => window.wanmi?.idle(), null, { timeout, polling: 100 })
    await this.tab.waitForTimeout(350)
    await this.tab.waitForFunction(() => window.wanmi?.idle(), null, { timeout, polling: 100 })
  }

  async shot(name) {
    if (this.shots) await this.tab.screenshot({ path: join(this.shots, `${name}.png`) })
  }

  /** How many features of a layer of the style are drawn. */
  count(...layers) {
    return this.tab.evaluate((ids) => window.wanmi.map.queryRenderedFeatures({ layers: ids.filter((id) => window.wanmi.map.getLayer(id)) }).length, layers)
  }

  /** A property's values among the drawn features of a layer. */
  values(layer, property) {
    return this.tab.evaluate(([id, p]) => [...new Set(window.wanmi.map.queryRenderedFeatures({ layers: [id] }).map((f) => f.properties[p]).filter(Boolean))], [layer, property])
  }

  /** A point of the page that is free of the page's own panels and has, of these layers, only a feature of `want`. */
  spot(want, without = []) {
    return this.tab.evaluate(([want, without]) => {
      const { map } = window.wanmi
      const { width, height } = map.getCanvas().getBoundingClientRect()
      const free = (x, y) => document.elementFromPoint(x, y) === map.getCanvas()
      const near = (x, y, ids, r) => map.queryRenderedFeatures([[x - r, y - r], [x + r, y + r]], { layers: ids })
      for (let i = 0; i < 1500; i++) {
        const [x, y] = [Math.round(width * (0.25 + 0.7 * ((i * 0.618034) % 1))), Math.round(height * (0.2 + 0.45 * ((i * 0.414214) % 1)))]
        if (!free(x, y)) continue
        const f = map.queryRenderedFeatures([x, y], { layers: [want] })[0]
        if (f && f.properties.code && (without.length === 0 || near(x, y, without, 7).length === 0)) return { x, y, code: String(f.properties.code) }
      }
      return null
    }, [want, without])
  }

  view() {
    return this.tab.evaluate(() => { const c = window.wanmi.map.getCenter(); return { zoom: window.wanmi.map.getZoom(), lon: c.lng, lat: c.lat } })
  }

  jump(lon, lat, zoom) {
    return this.tab.evaluate(([lon, lat, zoom]) => new Promise((done) => {
      const { map } = window.wanmi
      map.once('idle', done)
      map.jumpTo({ center: [lon, lat], zoom })
      map.triggerRepaint()
    }), [lon, lat, zoom]).then(() => this.settled())
  }

  /** How many colours the map's picture has, coarsely: a blank canvas has one or two. */
  async colours() {
    const png = (await this.tab.screenshot()).toString('base64')
    return this.tab.evaluate(async (data) => {
      const img = new Image()
      img.src = `data:image/png;base64,${data}`
      await img.decode()
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: img.width, height: img.height })
      const g = canvas.getContext('2d')
      g.drawImage(img, 0, 0)
      const { data: px } = g.getImageData(Math.round(img.width * 0.3), Math.round(img.height * 0.2), Math.round(img.width * 0.6), Math.round(img.height * 0.4))
      const seen = new Set()
      for (let i = 0; i < px.length; i += 4 * 7) seen.add((px[i] >> 3) << 10 | (px[i + 1] >> 3) << 5 | px[i + 2] >> 3)
      return seen.size
    }, png)
  }

  text(selector) { return this.tab.locator(selector).first().innerText() }
  close() { return this.context.close() }
}

export function expect(ok, message) {
  if (!ok) throw new Error(message)
}
