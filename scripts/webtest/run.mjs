// The map page in a real headless Chromium, against a running server.
//
//	node scripts/webtest/run.mjs URL [--report TEXT | --correct VIEWER,SURVEYOR,EDITOR] [--shots DIR]
//
// Prints a line per check and ends with "N passed, N failed"; exit 1 when one failed. TEXT is a report the server can
// locate; without it one is made of a component the map shows. With --correct and a key of each role the way of a
// correction is walked instead, which changes what the server knows. Pictures of the page are left in DIR.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Page } from './page.mjs'
import { correct } from './correct.mjs'
import { desk } from './desk.mjs'
import { others } from './others.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { chromium } = createRequire(join(here, '../../cmd/wanmi/internal/webui/package.json'))('playwright-core')

const [url, ...rest] = process.argv.slice(2)
const flag = (name) => rest[rest.indexOf(name) + 1 || rest.length]
if (!url || !/^https?:\/\//.test(url)) {
  console.error('usage: node scripts/webtest/run.mjs URL [--report TEXT | --correct VIEWER,SURVEYOR,EDITOR] [--shots DIR]')
  process.exit(2)
}
const shots = flag('--shots')
if (shots) mkdirSync(shots, { recursive: true })

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
})

let passed = 0
let failed = 0
async function check(name, f) {
  try {
    const said = await f()
    passed++
    console.log(`ok    ${name}${said ? `: ${said}` : ''}`)
  } catch (err) {
    failed++
    console.log(`FAIL  ${name}: ${String(err.message ?? err).split('\n')[0]}`)
  }
}

const env = {
  base: url.replace(/\/$/, ''),
  report: flag('--report'),
  check,
  open: (options) => Page.open(browser, url.replace(/\/$/, ''), shots, options),
}
try {
  const keys = flag('--correct')
  if (keys) await correct(env, keys.split(','))
  else {
    await desk(env)
    await others(env)
  }
} catch (err) {
  failed++
  console.log(`FAIL  the test itself: ${err.stack ?? err}`)
} finally {
  await browser.close()
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
