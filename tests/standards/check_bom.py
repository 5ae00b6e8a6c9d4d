"""What `cyclonedx-python-lib` finds wrong with bills: JSON texts on standard input, a list for each on standard output."""

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_7)


def look(text):
    wrong = validator.validate_str(text)
    if wrong is not None:
        return {"wrong": str(wrong.data.message)[:300], "read": None}
    bom = Bom.from_json(json.loads(text))
    component = bom.metadata.component
    return {
        "wrong": None,
        "read": {
            "type": component.type.value,
            "name": component.name,
            "hashes": sorted(h.content for h in component.hashes),
            "data": sorted(one.bom_ref.value for one in bom.components),
        },
    }


print(json.dumps([look(one) for one in json.load(sys.stdin)]))
