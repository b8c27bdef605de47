export const styles = () => ({ light: { version: 8, sources: {}, layers: [] }, dark: { version: 8, sources: {}, layers: [] } })
export const spriteSheet = (scale: number) => ({ svg: `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>`, index: { scale } })
