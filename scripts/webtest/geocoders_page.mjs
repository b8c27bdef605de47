// The page of geocoders.mjs: window.open_(client) puts a map with the client's own box on it; window.marked() says where its marker stands and what
// it shows, null before; window.show(lon, lat) moves the map there, near, and gives the pixel. BASE is our server.
import * as L from 'leaflet'
import 'leaflet/dist/leaflet.css'
import icon from 'leaflet/dist/images/marker-icon.png'
import shadow from 'leaflet/dist/images/marker-shadow.png'
import { geocoder as leafletControl, geocoders } from 'leaflet-control-geocoder'
import 'leaflet-control-geocoder/dist/Control.Geocoder.css'
import * as maplibregl from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
import MaplibreGeocoder from '@maplibre/maplibre-gl-geocoder'
import '@maplibre/maplibre-gl-geocoder/dist/maplibre-gl-geocoder.css'
import OLMap from 'ol/Map'
import OLView from 'ol/View'
import { fromLonLat, toLonLat } from 'ol/proj'
import 'ol/ol.css'
import OLGeocoder from 'ol-geocoder'
import 'ol-geocoder/dist/ol-geocoder.css'

const centre = [116.97, 35.402]
L.Icon.Default.mergeOptions({ iconUrl: icon, iconRetinaUrl: icon, shadowUrl: shadow })
L.Icon.Default.imagePath = ' '
maplibregl.setWorkerUrl(new URL('/worker.mjs', location.href).href)

function leaflet(service) {
  const geocoder = {
    nominatim: () => geocoders.nominatim({ serviceUrl: BASE + '/nominatim/' }),
    photon: () => geocoders.photon({ serviceUrl: BASE + '/photon/api/', reverseUrl: BASE + '/photon/reverse/' }),
    pelias: () => geocoders.pelias({ serviceUrl: BASE + '/v1' }),
  }[service]()
  const map = L.map('map', { attributionControl: false, zoomAnimation: false, fadeAnimation: false }).setView([centre[1], centre[0]], 14)
  leafletControl({ geocoder, collapsed: false }).addTo(map)
  let clicked = null
  map.on('click', async (e) => { // as its own page shows reverse look-ups
    const [first] = await geocoder.reverse(e.latlng, map.options.crs.scale(map.getZoom()))
    clicked = first && L.marker(first.center).bindPopup(first.name).addTo(map).openPopup()
  })
  window.marked = () => {
    let marker = clicked
    map.eachLayer((l) => { marker = l instanceof L.Marker ? l : marker })
    if (!marker) return null
    const { lng, lat } = marker.getLatLng()
    return { at: [lng, lat], label: marker.getPopup().getElement()?.innerText ?? '' }
  }
  window.show = (lon, lat) => {
    map.setView([lat, lon], 18)
    const p = map.latLngToContainerPoint([lat, lon])
    return [p.x, p.y]
  }
  return { input: '.leaflet-control-geocoder-form input', item: '.leaflet-control-geocoder-alternatives li' }
}

const json = async (path, query) => (await fetch(`${BASE}${path}?${new URLSearchParams(query)}`)).json()

// What the adaptors of MapLibre's own example do with Nominatim's GeoJSON, and what our features spare: they are Carmen's already.
const adaptors = {
  nominatim: {
    forwardGeocode: async (config) => {
      const found = await json('/nominatim/search', { q: config.query, format: 'geojson', polygon_geojson: 1, addressdetails: 1 })
      return { features: found.features.map((f) => ({ ...f, place_name: f.properties.display_name, text: f.properties.display_name, place_type: ['place'], center: [(f.bbox[0] + f.bbox[2]) / 2, (f.bbox[1] + f.bbox[3]) / 2] })) }
    },
    reverseGeocode: async (config) => {
      const [lon, lat] = config.query
      const found = await json('/nominatim/reverse', { lat, lon, format: 'geojson', addressdetails: 1 })
      return { features: found.features.map((f) => ({ ...f, place_name: f.properties.display_name, text: f.properties.display_name, place_type: ['place'], center: f.geometry.coordinates })) }
    },
  },
  carmen: {
    forwardGeocode: (config) => json('/v1/search', { text: config.query }),
    reverseGeocode: (config) => json('/v1/reverse', { 'point.lon': config.query[0], 'point.lat': config.query[1] }),
    getSuggestions: async (config) => {
      const found = await json('/v1/autocomplete', { text: config.query })
      return { suggestions: found.features }
    },
  },
}

function maplibre(service) {
  const map = new maplibregl.Map({ container: 'map', style: { version: 8, sources: {}, layers: [{ id: 'b', type: 'background', paint: { 'background-color': '#eee' } }] }, center: centre, zoom: 13, attributionControl: false })
  window.close_ = () => map.remove()
  const geocoder = new MaplibreGeocoder(adaptors[service], { maplibregl, reverseGeocode: true, showResultsWhileTyping: service === 'carmen', minLength: 2, flyTo: { animate: false }, showResultMarkers: false })
  map.addControl(geocoder)
  window.marked = () => {
    const m = geocoder.mapMarker
    if (!m?.getLngLat?.()) return null
    return { at: m.getLngLat().toArray(), label: document.querySelector('.maplibregl-ctrl-geocoder--input').value }
  }
  return { input: '.maplibregl-ctrl-geocoder--input', item: '.maplibregl-ctrl-geocoder .suggestions > li' }
}

function openlayers(service) {
  const map = new OLMap({ target: 'map', view: new OLView({ center: fromLonLat(centre), zoom: 14 }) })
  const to = { nominatim: { provider: 'osm', url: BASE + '/nominatim/search' }, photon: { provider: 'photon' } }[service]
  const geocoder = new OLGeocoder('nominatim', { ...to, targetType: 'text-input', limit: 5, keepOpen: true })
  map.addControl(geocoder)
  let label = ''
  geocoder.on('addresschosen', (e) => { label = e.address.formatted.replace(/<[^>]*>/g, ' ') })
  window.marked = () => {
    const [feature] = geocoder.getSource().getFeatures()
    return feature ? { at: toLonLat(feature.getGeometry().getCoordinates()), label } : null
  }
  return { input: '.gcd-txt-input', item: '.gcd-txt-result li a' }
}

window.open_ = (client) => {
  window.close_?.()
  const fresh = document.createElement('div')
  fresh.id = 'map'
  document.querySelector('#map').replaceWith(fresh)
  const [library, service] = client.split('-')
  return { leaflet, maplibre, ol: openlayers }[library](service)
}
window.ready = true
