// What build.mjs runs: the two styles and their sprites.
import { dark, light } from './palette.ts'
import { style } from './style.ts'
import { spriteSheet } from './symbols.ts'

export function styles() {
  return { light: style('light', light), dark: style('dark', dark) }
}

export function sprites(scale: number) {
  return { light: spriteSheet(light, scale), dark: spriteSheet(dark, scale) }
}
