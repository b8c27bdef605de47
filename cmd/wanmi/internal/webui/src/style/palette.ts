// The colours of the two map styles. Majors are the major classes of components, 01 to 05; others take '05'.
export interface Palette {
  paper: string
  land: Record<string, string>
  landOther: string
  water: string
  waterEdge: string
  waterText: string
  building: string
  buildingTall: string
  buildingEdge: string
  road: { arterial: string, collector: string, local: string, path: string }
  casing: { arterial: string, collector: string, local: string }
  rail: string
  railGap: string
  border: string
  borderStrong: string
  text: string
  textSoft: string
  textPark: string
  textArea: string
  halo: string
  grid: string
  gridText: string
  poi: string
  poiText: string
  door: string
  alert: string
  major: Record<string, string>
  badge: Record<string, string> // grounds of the symbols, on which figures stand in white
  badgeEdge: string
  work: string
}

export const majors = ['01', '02', '03', '04', '05'] as const

export const light: Palette = {
  paper: '#f5f2ec',
  land: {
    park: '#d8e6c6', green: '#e0ead2', forest: '#cbdcb8', farm: '#ecead3', cemetery: '#dbe3cf', sport: '#cfe3cf',
    square: '#eee7da', sidewalk: '#efebe4', campus: '#f0e9da', compound: '#f0ebe1', factory: '#eae5e0', rail_yard: '#e9e6e2',
  },
  landOther: '#f0ece4',
  water: '#b5d3df',
  waterEdge: '#9cc0cf',
  waterText: '#3f7890',
  building: '#e6dfd5',
  buildingTall: '#d9d0c4',
  buildingEdge: '#cfc5b8',
  road: { arterial: '#fbe6b5', collector: '#fff6dc', local: '#ffffff', path: '#cfc4b2' },
  casing: { arterial: '#dfbd7c', collector: '#dccfae', local: '#d8d0c4' },
  rail: '#a29c94',
  railGap: '#f7f5f1',
  border: '#9a86a8',
  borderStrong: '#7d6590',
  text: '#3a3632',
  textSoft: '#6c655d',
  textPark: '#4c7a3c',
  textArea: '#715c82',
  halo: '#faf8f4',
  grid: '#c2255c',
  gridText: '#a61e4d',
  poi: '#8a5a3c',
  poiText: '#6d452c',
  door: '#8b8278',
  alert: '#d9301a',
  major: { '01': '#2b6c9e', '02': '#b55a12', '03': '#6f4aa3', '04': '#3b7f3f', '05': '#6a645d' },
  badge: { '01': '#2b6c9e', '02': '#b55a12', '03': '#6f4aa3', '04': '#3b7f3f', '05': '#6a645d' },
  badgeEdge: '#ffffff',
  work: '#0b7285',
}

export const dark: Palette = {
  paper: '#181b1d',
  land: {
    park: '#1e2b22', green: '#1d2822', forest: '#1c2c22', farm: '#22251d', cemetery: '#1f2722', sport: '#1c2d27',
    square: '#222323', sidewalk: '#1d2022', campus: '#22221f', compound: '#1f2121', factory: '#212224', rail_yard: '#202224',
  },
  landOther: '#1e2021',
  water: '#142d3a',
  waterEdge: '#1d3d4d',
  waterText: '#6fa3ba',
  building: '#25292c',
  buildingTall: '#2c3135',
  buildingEdge: '#353b3f',
  road: { arterial: '#5b5341', collector: '#46453d', local: '#3a3e41', path: '#4c4b46' },
  casing: { arterial: '#2a261d', collector: '#212120', local: '#1b1e20' },
  rail: '#5a5e61',
  railGap: '#22262a',
  border: '#7a6b88',
  borderStrong: '#937fa6',
  text: '#d8d4cc',
  textSoft: '#a19c94',
  textPark: '#86ad7c',
  textArea: '#a894bb',
  halo: '#15181a',
  grid: '#d9487f',
  gridText: '#f08cb0',
  poi: '#c9986f',
  poiText: '#cda684',
  door: '#85817a',
  alert: '#ff6b57',
  badge: { '01': '#2f74a8', '02': '#b8651f', '03': '#7a57b0', '04': '#427f46', '05': '#77716a' },
  badgeEdge: '#15181a',
  major: { '01': '#4f9bd0', '02': '#dd8a3c', '03': '#a17fd6', '04': '#62a866', '05': '#99938b' },
  work: '#3bc9db',
}
