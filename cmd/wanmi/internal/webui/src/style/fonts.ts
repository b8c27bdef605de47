// Fonts of the reader's machine; a style without `glyphs` makes MapLibre GL JS draw text with these (Chinese and Latin alike).
// The first name only carries the weight: MapLibre reads it there.
const families = ['PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Source Han Sans SC', 'sans-serif']
export const regular = ['Wanmi Regular', ...families]
export const medium = ['Wanmi Medium', ...families]
