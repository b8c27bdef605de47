#!/usr/bin/python3
"""QGIS's own geocoder, unchanged, against our server by Nominatim's shape.

    scripts/webtest/geocoders_qgis.py URL CASES.json      needs python3-qgis (apt), by its own python: /usr/bin/python3

Prints one JSON list as geocoders.mjs does."""
import json, os, sys

os.environ.setdefault('QT_QPA_PLATFORM', 'offscreen')
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsFeedback, QgsGeocoderContext, QgsGeometry, QgsNominatimGeocoder, QgsRectangle

app = QgsApplication([], False)
app.initQgis()
coder = QgsNominatimGeocoder('cn', sys.argv[1].rstrip('/') + '/nominatim/search')
coder.setRequestsPerSecond(50)
context = QgsGeocoderContext(QgsCoordinateTransformContext())
context.setAreaOfInterest(QgsGeometry.fromRect(QgsRectangle(116.9, 35.3, 117.1, 35.5)))
context.setAreaOfInterestCrs(QgsCoordinateReferenceSystem('EPSG:4326'))
with open(sys.argv[2], encoding='utf-8') as f:
    cases = json.load(f)
out = []
for one in cases['texts']:
    found = coder.geocodeString(one['text'], context, QgsFeedback())
    p = found[0].geometry().asPoint() if found else None
    labels = ['|'.join([r.identifier(), r.additionalAttributes().get('road') or '', r.additionalAttributes().get('house_number') or '']) for r in found]
    out.append({'client': 'qgis', 'way': 'geocode', 'case': one['name'], 'labels': labels, 'lon': p and p.x(), 'lat': p and p.y()})
print(json.dumps(out, ensure_ascii=False))
app.exitQgis()
