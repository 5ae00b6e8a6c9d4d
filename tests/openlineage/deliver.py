"""Delivers a small world with the public OpenLineage client, plainly and compressed."""

import sys

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    Dataset,
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
    symlinks_dataset,
)
from openlineage.client.transport.http import HttpCompression, HttpConfig, HttpTransport

PRODUCER = "https://example.org/selvedge-test"
DAG = "01936893-9751-7a91-a2a0-a51101a3970c"
TASK = "01936893-9751-7b3c-8f76-8ac6d0e5f8a3"


def client(url: str, tenant: str, compression: HttpCompression | None) -> OpenLineageClient:
    config = HttpConfig(
        url=url, compression=compression, custom_headers={"x-selvedge-tenant": tenant}, timeout=30
    )
    return OpenLineageClient(transport=HttpTransport(config))


def task(state: RunState, time: str) -> RunEvent:
    dag = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=DAG), job=parent_run.Job(namespace="airflow", name="dag")
    )
    schema = schema_dataset.SchemaDatasetFacet(
        fields=[schema_dataset.SchemaDatasetFacetFields(name="id", type="BIGINT")]
    )
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=9_007_199_254_740_993
    )
    return RunEvent(
        eventType=state,
        eventTime=time,
        run=Run(runId=TASK, facets={"parent": dag}),
        job=Job(namespace="airflow", name="dag.task"),
        producer=PRODUCER,
        inputs=[InputDataset(namespace="pg", name="raw.orders", facets={"schema": schema})],
        outputs=[
            OutputDataset(
                namespace="pg", name="mart.orders", outputFacets={"outputStatistics": written}
            )
        ],
    )


def main(url: str, tenant: str) -> None:
    plain, packed = client(url, tenant, None), client(url, tenant, HttpCompression.GZIP)
    plain.emit(task(RunState.START, "2026-03-31T09:15:02.113+00:00"))
    packed.emit(task(RunState.COMPLETE, "2026-03-31T11:15:09.5+02:00"))
    packed.emit(
        JobEvent(
            eventTime="2026-03-31T09:20:00Z",
            job=Job(namespace="airflow", name="dag.report"),
            producer=PRODUCER,
            inputs=[InputDataset(namespace="pg", name="mart.orders")],
            outputs=[OutputDataset(namespace="pg", name="mart.report")],
        )
    )
    same = symlinks_dataset.Identifier(namespace="hive", name="mart.orders", type="TABLE")
    plain.emit(
        DatasetEvent(
            eventTime="2026-03-31T09:21:00Z",
            dataset=Dataset(
                namespace="pg",
                name="mart.orders",
                facets={"symlinks": symlinks_dataset.SymlinksDatasetFacet(identifiers=[same])},
            ),
            producer=PRODUCER,
        )
    )


main(*sys.argv[1:])
