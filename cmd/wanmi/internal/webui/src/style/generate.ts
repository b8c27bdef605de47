// What build.mjs runs: the two styles and the sprite sheet.
import { dark, light } from './palette.ts'
import { style } from './style.ts'

export { spriteSheet } from './symbols.ts'

export function styles() {
  return { light: style('light', light), dark: style('dark', dark) }
}
