// Icons of the page's buttons, 20 x 20, drawn with the text's colour.
const svg = (art: string) =>
  `<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${art}</svg>`

export const icons = {
  search: svg('<circle cx="9" cy="9" r="5.2"/><path d="m13 13 4 4"/>'),
  close: svg('<path d="m5 5 10 10M15 5 5 15"/>'),
  back: svg('<path d="M12 4.5 6.5 10l5.5 5.5"/>'),
  report: svg('<path d="M4 4.5h12v9H9.5L6 16.5v-3H4z"/><path d="M7 7.6h6M7 10.4h4"/>'),
  layers: svg('<path d="m10 3 7 3.8-7 3.8-7-3.8zM3.4 10.2 10 13.8l6.6-3.6M3.4 13.4 10 17l6.6-3.6"/>'),
  plus: svg('<path d="M10 4.5v11M4.5 10h11"/>'),
  minus: svg('<path d="M4.5 10h11"/>'),
  locate: svg('<circle cx="10" cy="10" r="4.6"/><circle cx="10" cy="10" r="1" fill="currentColor"/><path d="M10 2.5v2.9M10 14.6v2.9M2.5 10h2.9M14.6 10h2.9"/>'),
  moon: svg('<path d="M16 11.8A6.6 6.6 0 0 1 8.2 4a6.6 6.6 0 1 0 7.8 7.8z"/>'),
  sun: svg('<circle cx="10" cy="10" r="3.4"/><path d="M10 2.4v1.8M10 15.8v1.8M2.4 10h1.8M15.8 10h1.8M4.6 4.6l1.3 1.3M14.1 14.1l1.3 1.3M15.4 4.6l-1.3 1.3M5.9 14.1l-1.3 1.3"/>'),
  link: svg('<path d="M8.4 11.6a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3L9.8 5.9M11.6 8.4a3 3 0 0 0-4.3 0L4.7 11A3 3 0 0 0 9 15.3l1.2-1.2"/>'),
  copy: svg('<rect x="7" y="7" width="9" height="9" rx="1.6"/><path d="M13 4.6H5.6A1.6 1.6 0 0 0 4 6.2V13"/>'),
  target: svg('<path d="M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4"/><circle cx="10" cy="10" r="2.2"/>'),
}
