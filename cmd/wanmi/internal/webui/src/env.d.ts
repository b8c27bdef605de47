declare module '*.css'
declare module '*.svg' {
  const text: string
  export default text
}
declare const WORKER_NAME: string // file name of MapLibre's worker, put in by build.mjs
