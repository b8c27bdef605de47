#!/usr/bin/python3
"""Our tiles and features in QGIS's own libraries: the cells drawn from vector tiles, and read by OGC API Features.

    scripts/webtest/in_qgis.py URL LON LAT [PICTURE.png]      needs python3-qgis (apt), by its own python: /usr/bin/python3

Prints one JSON object: the layers opened, pixels drawn, features read with their fields, and how many the server says there are."""
import json, os, sys, urllib.request

os.environ.setdefault('QT_QPA_PLATFORM', 'offscreen')
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsMapRendererParallelJob, QgsMapSettings, QgsPointXY, QgsProject,
                       QgsRectangle, QgsVectorLayer, QgsVectorTileBasicRenderer, QgsVectorTileBasicRendererStyle, QgsVectorTileLayer, QgsFillSymbol, QgsWkbTypes)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

url, lon, lat = sys.argv[1].rstrip('/'), float(sys.argv[2]), float(sys.argv[3])
app = QgsApplication([], False)
app.initQgis()
out = {}

# Vector tiles, as a user adds them: a template and the zooms of our TileJSON.
tj = json.load(urllib.request.urlopen(url + '/tiles/unit_grid.json'))
tiles = QgsVectorTileLayer('type=xyz&url=%s&zmin=%d&zmax=%d' % (tj['tiles'][0], tj['minzoom'], tj['maxzoom']), 'cells')
out['tiles_valid'] = tiles.isValid()
style = QgsVectorTileBasicRendererStyle('cells', 'unit_grid', QgsWkbTypes.PolygonGeometry)
style.setSymbol(QgsFillSymbol.createSimple({'color': '0,160,0', 'outline_color': '0,60,0', 'outline_width': '0.3'}))
renderer = QgsVectorTileBasicRenderer()
renderer.setStyles([style])
tiles.setRenderer(renderer)
mercator = QgsCoordinateReferenceSystem('EPSG:3857')
at = QgsCoordinateTransform(QgsCoordinateReferenceSystem('EPSG:4326'), mercator, QgsProject.instance()).transform(QgsPointXY(lon, lat))
s = QgsMapSettings()
s.setLayers([tiles])
s.setDestinationCrs(mercator)
s.setOutputSize(QSize(400, 400))
s.setBackgroundColor(QColor(255, 255, 255))
s.setExtent(QgsRectangle(at.x() - 400, at.y() - 400, at.x() + 400, at.y() + 400))
job = QgsMapRendererParallelJob(s)
job.start()
job.waitForFinished()
picture = job.renderedImage()
if len(sys.argv) > 4:
    picture.save(sys.argv[4])
fill, edge = 0, 0
for y in range(picture.height()):
    for x in range(picture.width()):
        c = picture.pixelColor(x, y)
        fill += c.green() > 130 and c.red() < 60
        edge += c.green() < 130 and c.red() < 60
out['fill'], out['edge'], out['pixels'] = fill, edge, picture.width() * picture.height()

# Features.
cells = QgsVectorLayer("url='%s/ogc' typename='unit_grid' pageSize='500' restrictToRequestBBOX='0'" % url, 'cells', 'OAPIF')
out['features_valid'] = cells.isValid()
out['fields'] = [f.name() for f in cells.fields()]
codes = [f['code'] for f in cells.getFeatures()]
out['features'], out['codes'] = len(codes), len(set(codes))
out['matched'] = json.load(urllib.request.urlopen(url + '/ogc/collections/unit_grid/items?limit=1'))['numberMatched']
print(json.dumps(out, ensure_ascii=False))
sys.stdout.flush()
os._exit(0)  # QGIS 3.22 may crash taking its providers down
