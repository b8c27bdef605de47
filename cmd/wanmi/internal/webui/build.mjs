// Builds the map page into dist: script, style sheet and worker (hashed names), the two map styles and their sprites.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { Resvg } from '@resvg/resvg-js'

const here = dirname(fileURLToPath(import.meta.url))
const final = join(here, 'dist')
const dist = join(here, 'node_modules', '.wanmi-dist') // a build that fails leaves the last one as it was
const at = (...parts) => join(here, ...parts)

rmSync(dist, { recursive: true, force: true })
for (const dir of ['assets', 'styles', 'sprites']) mkdirSync(join(dist, dir), { recursive: true })

// MapLibre's worker is a file of its own; the page is told its name.
const workerText = readFileSync(at('node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs'), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
const workerName = `worker-${createHash('sha256').update(workerText).digest('hex').slice(0, 8)}.mjs`
writeFileSync(join(dist, 'assets', workerName), workerText)

const out = await build({
  absWorkingDir: here,
  entryPoints: { main: 'src/main.ts' },
  outdir: join(dist, 'assets'),
  entryNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  loader: { '.svg': 'text' },
  define: { WORKER_NAME: JSON.stringify(workerName) },
  logLevel: 'warning',
})
const made = Object.keys(out.metafile.outputs)
const asset = (suffix) => './assets/' + basename(made.find((f) => f.endsWith(suffix)))

cpSync(at('src/logo.svg'), join(dist, 'logo.svg'))
const page = readFileSync(at('src/index.html'), 'utf8').replace('{script}', asset('.js')).replace('{sheet}', asset('.css'))
writeFileSync(join(dist, 'index.html'), page)

// Licences of what the bundle carries.
const licence = readFileSync(at('node_modules/maplibre-gl/LICENSE.txt'), 'utf8')
writeFileSync(join(dist, 'assets', 'LICENSES.txt'), `The script of this page contains MapLibre GL JS under this licence:\n\n${licence}`)

// Map styles and sprite come from TypeScript too: bundle that part for Node and run it.
const gen = join(here, 'node_modules', '.wanmi-gen.mjs')
await build({ absWorkingDir: here, entryPoints: ['src/style/generate.ts'], outfile: gen, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning' })
const { styles, sprites } = await import(pathToFileURL(gen).href)
for (const [name, style] of Object.entries(styles())) {
  writeFileSync(join(dist, 'styles', `${name}.json`), JSON.stringify(style, null, 1) + '\n')
}
for (const [suffix, scale] of [['', 1], ['@2x', 2]]) {
  for (const [name, { svg, index }] of Object.entries(sprites(scale))) {
    writeFileSync(join(dist, 'sprites', `${name}${suffix}.json`), JSON.stringify(index, null, 1) + '\n')
    const image = new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, font: { loadSystemFonts: false } }).render()
    writeFileSync(join(dist, 'sprites', `${name}${suffix}.png`), image.asPng())
  }
}
rmSync(gen)

for (const name of readdirSync(final)) {
  if (name !== '.gitkeep') rmSync(join(final, name), { recursive: true })
}
cpSync(dist, final, { recursive: true })
rmSync(dist, { recursive: true })
console.log(`webui: built ${readdirSync(final, { recursive: true }).filter((f) => /\w\.\w+$/.test(f)).length} files`)
