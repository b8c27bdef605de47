"""geopy, unchanged, against our server, by Nominatim's, Photon's and Pelias' shape.

    .setup/venv/bin/python scripts/webtest/geocoders.py URL CASES.json      cases as geocoders.mjs reads them

Prints one JSON list as geocoders.mjs does."""
import json, sys, urllib.parse
from geopy.geocoders import Nominatim, Pelias, Photon

at = urllib.parse.urlparse(sys.argv[1]).netloc
with open(sys.argv[2], encoding='utf-8') as f:
    cases = json.load(f)
out = []
for name, client in (('nominatim', Nominatim(domain=at + '/nominatim', scheme='http', user_agent='wanmi-test')), ('photon', Photon(domain=at + '/photon', scheme='http')),
                     ('pelias', Pelias(at, scheme='http'))):
    for way, questions in (('geocode', cases['texts']), ('reverse', cases['points'])):
        for one in questions:
            found = client.geocode(one['text'], exactly_one=False) if way == 'geocode' else client.reverse((one['lat'], one['lon']), exactly_one=False)
            first = found[0] if found else None
            out.append({'client': 'geopy-' + name, 'way': way, 'case': one['name'], 'labels': [p.address for p in found or []],
                        'lon': first and first.longitude, 'lat': first and first.latitude})
print(json.dumps(out, ensure_ascii=False))
