import { expect } from 'vitest'
import { recordedKind } from '../kinds/recording.ts'
import { dataset, near, recorded } from '../schema/recording.ts'
import type { TestApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'

/**
 * A report that is made from what is under a licence, and where commands reach it.
 *
 * @param spdx What the licence is, whose name is `name`.
 */
export async function licensedReport(
  test: TestApp,
  { name, title, spdx }: { name: string; title: string; spdx: string },
) {
  const url = await listening(test.app)
  const tenant = await test.freshTenant()
  const [raw, report] = await recorded(test, tenant, [
    dataset('raw'),
    dataset('report', { derivedFrom: [near('raw')] }),
  ])
  const [licence] = await recordedKind(test, 'License', {
    tenant,
    items: [{ ...near(name), body: { title, spdx } }],
  })
  const { errors } = await test.ask(
    'mutation L($id: ID!, $by: [LinkTarget!]!) { linksRecord(items: [{ entity: { id: $id }, licensedUnder: $by }]) { position } }',
    { tenant, variables: { id: raw!.id, by: [near(name)] } },
  )
  expect(errors).toBeUndefined()
  return {
    ...{ tenant, place: ['--tenant', tenant, '--url', url] },
    ...{ raw: raw!.id, report: report!.id, licence: licence!.id },
  }
}
