"""What a person does in QGIS to a layer of the OGC API, by PyQGIS: read, edit, save.

Not a test: ``test_qgis.py`` runs it with the Python of QGIS. It reads a task as JSON from its
input, and writes what QGIS shows as one line of JSON behind ``ANSWER``."""

import json
import os
import sys
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
profile = tempfile.mkdtemp()
os.environ["QGIS_AUTH_DB_DIR_PATH"] = profile
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = profile

from qgis.core import (  # noqa: E402
    Qgis,
    QgsApplication,
    QgsAuthMethodConfig,
    QgsFeature,
    QgsGeometry,
    QgsVectorLayer,
)

ABILITIES = {
    "add": Qgis.VectorProviderCapability.AddFeatures,
    "change": Qgis.VectorProviderCapability.ChangeAttributeValues,
    "move": Qgis.VectorProviderCapability.ChangeGeometries,
    "delete": Qgis.VectorProviderCapability.DeleteFeatures,
}


def signed_in(task):
    """Return the end of the address of a layer that names who asks: Basic, or a header."""
    if not task.get("token"):
        return ""
    manager = QgsApplication.authManager()
    manager.setMasterPassword("master", True)
    config = QgsAuthMethodConfig()
    config.setName("atlas")
    if task.get("way") == "header":
        config.setMethod("APIHeader")
        config.setConfig("Authorization", f"Bearer {task['token']}")
    else:
        config.setMethod("Basic")
        config.setConfig("username", task["name"])
        config.setConfig("password", task["token"])
    assert manager.storeAuthenticationConfig(config)[0]
    return f" authcfg={config.id()}"


def opened(task, end):
    system = f" srsname='{task['system']}'" if task.get("system") else ""
    return QgsVectorLayer(
        f"url='{task['url']}' typename='{task['layer']}'{system}{end}", task["layer"], "OAPIF"
    )


def rows(layer):
    """Return all features by identifier: the properties, and the place under ``geometry``."""
    by_id = {}
    for feature in layer.getFeatures():
        row = {
            name: value if isinstance(value, (int, float, str, bool)) else None
            for name, value in feature.attributeMap().items()
        }
        place = feature.geometry()
        row["geometry"] = None if place.isNull() else place.asWkt(9)
        by_id[row.get("id")] = row
    return by_id


def feature_of(layer, identifier):
    return next(each for each in layer.getFeatures() if each["id"] == identifier)


def do(layer, step):
    """Do one step of an edit as the forms of QGIS do."""
    if step["do"] == "add":
        feature = QgsFeature(layer.fields())
        for name, value in step.get("values", {}).items():
            feature[name] = value
        if "place" in step:
            feature.setGeometry(QgsGeometry.fromWkt(step["place"]))
        return layer.addFeature(feature)
    feature = feature_of(layer, step["id"])
    if step["do"] == "delete":
        return layer.deleteFeature(feature.id())
    if step["do"] == "move":
        return layer.changeGeometry(feature.id(), QgsGeometry.fromWkt(step["place"]))
    return all(
        layer.changeAttributeValue(feature.id(), layer.fields().indexOf(name), value)
        for name, value in step["values"].items()
    )


def main():
    task = json.load(sys.stdin)
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    try:
        layer = opened(task, signed_in(task))
        answer = {"qgis": Qgis.version(), "valid": layer.isValid()}
        if layer.isValid():
            can = layer.dataProvider().capabilities()
            answer["can"] = sorted(name for name, bit in ABILITIES.items() if can & bit)
            answer["system"] = layer.crs().authid()
            answer["fields"] = {each.name(): each.typeName() for each in layer.fields()}
            answer["rows"] = rows(layer)
            answer["saves"] = []
            for steps in task.get("saves", []):
                began = layer.startEditing()
                done = [do(layer, step) for step in steps]
                saved = layer.commitChanges()
                errors = layer.commitErrors()
                if not saved:
                    layer.rollBack()
                answer["saves"].append(
                    {"began": began, "done": done, "saved": saved, "errors": errors}
                )
            answer["after"] = rows(layer)
        sys.stdout.write(f"\nANSWER{json.dumps(answer)}\n")
        sys.stdout.flush()
    finally:
        del layer
        application.exitQgis()


main()
