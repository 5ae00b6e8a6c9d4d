"""Reads metrics with the client library of Prometheus and prints what it understood."""

import json
import math
import sys

from prometheus_client.parser import text_string_to_metric_families

families = [
    {
        "name": family.name,
        "type": family.type,
        "help": family.documentation,
        "samples": [
            [one.name, one.labels, one.value if math.isfinite(one.value) else str(one.value)]
            for one in family.samples
        ],
    }
    for family in text_string_to_metric_families(sys.stdin.read())
]
json.dump(families, sys.stdout)
