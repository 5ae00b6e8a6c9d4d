import { describe, expect, it } from 'vitest'
import { expectClean, withCode } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'

const { app, ask, database, freshTenant, faults } = await testApp()

const RECORD = /* GraphQL */ `
  mutation {
    record(
      items: [
        {
          dataset: {
            namespace: "crm"
            name: "ada.lovelace"
            description: "born 1815"
            derivedFrom: [{ namespace: "crm", name: "mails" }]
            facets: [{ group: dataset, name: "owner", value: { who: "Ada" } }]
          }
        }
        {
          dataset: {
            namespace: "crm"
            name: "report"
            derivedFrom: [{ namespace: "crm", name: "ada.lovelace" }]
          }
        }
      ]
    ) {
      results { id }
    }
  }`

const ERASE = /* GraphQL */ `
  mutation ($id: ID!, $records: [Seq!]) {
    erase(id: $id, records: $records, ground: CONSENT_WITHDRAWN, reason: "case 7") {
      erasure { id ground reason status pendingUntil confirmedAt entity records by actor }
      position
      replayed
    }
  }`

const SHOW = /* GraphQL */ `
  query ($id: ID!) {
    entity(id: $id) {
      id namespace name version seq retired
      facets { name }
      erased { seq at ground erasure }
      ... on Dataset { description derivedFrom { name } }
    }
  }`

interface Shown {
  entity: {
    namespace: string | null
    name: string | null
    version: number
    seq: number
    facets: unknown[]
    description: string | null
    erased: { seq: number; at: string; ground: string; erasure: string } | null
  }
}
interface Told {
  erase: { erasure: Record<string, unknown> | null; position: string; replayed: boolean }
}

async function world() {
  const tenant = await freshTenant()
  const { data } = await ask<{ record: { results: { id: string }[] } }>(RECORD, { tenant })
  const [ada, report] = data.record.results.map(({ id }) => id)
  return { tenant, ada: ada!, report: report! }
}

const erase = (tenant: string, id: string, records?: number[]) =>
  ask<Told>(ERASE, { tenant, variables: { id, records } })

describe('erase', () => {
  it('answers with the erasure, and the entity says that it is erased', async () => {
    const { tenant, ada } = await world()
    const { data } = await erase(tenant, ada)
    const { erasure } = data.erase
    expect(erasure).toMatchObject({
      ground: 'CONSENT_WITHDRAWN',
      reason: 'case 7',
      status: 'PENDING',
      confirmedAt: null,
      entity: ada,
      records: 1,
      actor: null,
    })
    const { entity } = (await ask<Shown>(SHOW, { tenant, variables: { id: ada } })).data
    expect(entity).toMatchObject({
      namespace: null,
      name: null,
      version: 2,
      facets: [],
      description: null,
      derivedFrom: [{ name: 'mails' }],
      erased: { seq: entity.seq, ground: 'CONSENT_WITHDRAWN', erasure: erasure!.id },
    })
    expect(erasure!.by).toEqual([entity.seq])
    await expectClean(database, tenant)
  })

  it('says so at a position from before, too', async () => {
    const { tenant, ada, report } = await world()
    const page = `{ lineage(root: "${report}", first: 1) { pageInfo { endCursor } } }`
    const before = await ask<{ lineage: { pageInfo: { endCursor: string } } }>(page, { tenant })
    await erase(tenant, ada)
    const after = before.data.lineage.pageInfo.endCursor
    const next = await ask<{ lineage: { nodes: { entity: Shown['entity'] }[] } }>(
      `{ lineage(root: "${report}", first: 1, after: "${after}") { nodes { entity { id name version erased { ground } } } } }`,
      { tenant },
    )
    expect(next.data.lineage.nodes).toEqual([
      { entity: { id: ada, name: null, version: 1, erased: { ground: 'CONSENT_WITHDRAWN' } } },
    ])
  })

  it('changes no place in lineage, up or down', async () => {
    const { tenant, ada, report } = await world()
    await erase(tenant, ada)
    const walk = (root: string, direction: string) =>
      ask<{ lineage: { nodes: { entity: { kind: string; name: string | null } }[] } }>(
        `{ lineage(root: "${root}", direction: ${direction}) { nodes { entity { kind name erased { seq } } } } }`,
        { tenant },
      )
    const up = (await walk(report, 'UPSTREAM')).data.lineage.nodes
    expect(up.map(({ entity }) => entity.name)).toEqual(['report', null, 'mails'])
    const down = (await walk(ada, 'DOWNSTREAM')).data.lineage.nodes
    expect(down.map(({ entity }) => entity.kind).sort()).toEqual(['Dataset', 'Dataset', 'Erasure'])
  })

  it('is found by its name, and goes on under it as OpenLineage tells of it', async () => {
    const { tenant, ada } = await world()
    await erase(tenant, ada)
    const byName = '{ entity(kind: Dataset, namespace: "crm", name: "ada.lovelace") { id name } }'
    expect((await ask(byName, { tenant })).data).toEqual({ entity: { id: ada, name: null } })
    const event = {
      eventTime: '2026-03-31T09:15:02.113Z',
      producer: 'https://example.org/test',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      eventType: 'COMPLETE',
      run: { runId: '01941f29-7c00-7000-8000-000000000001' },
      job: { namespace: 'crm', name: 'export' },
      inputs: [],
      outputs: [{ namespace: 'crm', name: 'ada.lovelace' }],
    }
    const response = await app.fetch(
      new Request('http://localhost/api/v1/lineage', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
        body: JSON.stringify(event),
      }),
    )
    expect(response.status).toBe(200)
    const { entity } = (await ask<Shown>(SHOW, { tenant, variables: { id: ada } })).data
    expect(entity).toMatchObject({
      name: 'ada.lovelace',
      erased: null,
      description: null,
      facets: [],
    })
    await expectClean(database, tenant)
  })

  it('of one record leaves what the others say', async () => {
    const { tenant, ada } = await world()
    const { entity: first } = (await ask<Shown>(SHOW, { tenant, variables: { id: ada } })).data
    await ask(
      'mutation { record(items: [{ dataset: { namespace: "crm", name: "ada.lovelace", description: "a countess" } }]) { position } }',
      { tenant },
    )
    await erase(tenant, ada, [first.seq])
    const { entity } = (await ask<Shown>(SHOW, { tenant, variables: { id: ada } })).data
    expect(entity).toMatchObject({ name: 'ada.lovelace', description: 'a countess', erased: null })
    await expectClean(database, tenant)
  })

  it('answers without an erasure where nothing is left', async () => {
    const { tenant, ada } = await world()
    await erase(tenant, ada)
    expect((await erase(tenant, ada)).data.erase.erasure).toBeNull()
  })

  it.each([
    ['an id that is none', 'x', 'case 7', 'ENTITY_ID_INVALID'],
    ['no reason', null, '  ', 'ERASE_REASON_INVALID'],
    ['a reason that is too long', null, 'x'.repeat(2_001), 'ERASE_REASON_INVALID'],
  ])('refuses %s', async (_what, id, reason, code) => {
    const { tenant, ada } = await world()
    const { errors } = await ask(
      `mutation { erase(id: "${id ?? ada}", ground: OTHER, reason: "${reason}") { position } }`,
      { tenant },
    )
    expect(errors![0]!.extensions).toMatchObject({ code })
  })
})

describe('an export of what is erased', () => {
  it('answers 410 and names the record that erased', async () => {
    const { tenant, ada, report } = await world()
    const made = await ask<{ exportBundle: { url: string } }>(
      `mutation { exportBundle(root: "${report}") { url } }`,
      { tenant },
    )
    const { data } = await erase(tenant, ada)
    const headers = { 'x-selvedge-tenant': tenant }
    const url = `http://localhost${made.data.exportBundle.url}`
    const response = await app.fetch(new Request(url, { headers }))
    expect(response.status).toBe(410)
    expect(await response.json()).toMatchObject({
      code: 'EXPORT_ERASED',
      by: (data.erase.erasure!.by as number[])[0],
    })
  })
})

describe('eraseActor', () => {
  const eraseActor = (tenant: string, subject: string) =>
    ask<{ eraseActor: { erasure: { actor: string; entity: null; records: null } } }>(
      `mutation { eraseActor(subject: "${subject}", ground: OBJECTION, reason: "case 8") { erasure { actor entity records } } }`,
      { tenant },
    )

  it('says which pseudonym stands for nobody any more, and does it once', async () => {
    const { tenant } = await world()
    const { data } = await eraseActor(tenant, 'local')
    const { actor, ...other } = data.eraseActor.erasure
    expect(actor).toMatch(/^p_/)
    expect(other).toEqual({ entity: null, records: null })
    const { errors } = await eraseActor(tenant, 'nobody')
    expect(errors![0]!.extensions).toEqual(withCode('ACTOR_UNKNOWN'))
    await expectClean(database, tenant)
  })
})

describe('confirmErasure', () => {
  it('is refused while backups may still hold what was erased', async () => {
    const { tenant, ada } = await world()
    const { data } = await erase(tenant, ada)
    const { errors } = await ask(
      `mutation { confirmErasure(id: "${data.erase.erasure!.id}") { position } }`,
      { tenant },
    )
    expect(errors![0]!.extensions).toMatchObject({
      code: 'ERASURE_PENDING',
      pendingUntil: data.erase.erasure!.pendingUntil,
    })
  })
})

it('none of it was a fault of the server', () => expect(faults).toEqual([]))
