"""Delivers the events of files, one a line, with the public OpenLineage client."""

import json
import sys

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.transport.http import HttpConfig, HttpTransport


def part(kind, given, *names):
    """What the client has a member for; facets go in as they came."""
    return kind(**{name: given[name] for name in ("namespace", "name", *names) if name in given})


def event(given):
    head = {"eventTime": given["eventTime"], "producer": given["producer"]}
    if "job" not in given:
        return DatasetEvent(dataset=part(StaticDataset, given["dataset"], "facets"), **head)
    job = part(Job, given["job"], "facets")
    inputs = [part(InputDataset, one, "facets", "inputFacets") for one in given.get("inputs", [])]
    outputs = [part(OutputDataset, one, "facets", "outputFacets") for one in given.get("outputs", [])]
    if "run" not in given:
        return JobEvent(job=job, inputs=inputs, outputs=outputs, **head)
    run = Run(runId=given["run"]["runId"], facets=given["run"].get("facets", {}))
    kind = RunState(given["eventType"]) if "eventType" in given else None
    return RunEvent(eventType=kind, run=run, job=job, inputs=inputs, outputs=outputs, **head)


def main(url, tenant, *files):
    config = HttpConfig(url=url, custom_headers={"x-selvedge-tenant": tenant}, timeout=60)
    client = OpenLineageClient(transport=HttpTransport(config))
    for file in files:
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                client.emit(event(json.loads(line)))


main(*sys.argv[1:])
