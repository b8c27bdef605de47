import './page.css'
import 'maplibre-gl/dist/maplibre-gl.css'
import { Map, setWorkerUrl } from 'maplibre-gl'

declare const WORKER_NAME: string
setWorkerUrl(new URL(WORKER_NAME, import.meta.url).href)
new Map({ container: 'map', style: './styles/light.json' })
