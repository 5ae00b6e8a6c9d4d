import { makeLog, type TestLog } from './log.ts'

/** The entities of `smallLog` that tests name. */
export interface Small {
  log: TestLog
  raw: string
  rates: string
  clean: string
  cleaning: string
  report: string
  reporting: string
  stranger: string
}

/**
 * A log of a small honest world: two sources, a job that cleans one, a job that reports on the result
 * and on its own last report, a run, a dataset that has nothing to do with it; and a tail of records
 * that no question about `report` needs.
 */
export function smallLog(tenant = 'acme', service = 'selvedge.test'): Small {
  const log = makeLog(tenant, service)
  const { assert, idOf } = log
  const id = (kind: string, name: string) => idOf(kind, name)
  const raw = assert('Dataset', 'raw', { format: 'csv' }).id
  const rates = assert('Dataset', 'rates', { 'facet:dataset:schema': { fields: [] } }).id
  const stranger = assert('Dataset', 'stranger', {}).id
  const cleaning = assert('Job', 'cleaning', {}, [['USED', raw]]).id
  const clean = assert('Dataset', 'clean', {}, [
    ['WAS_DERIVED_FROM', raw],
    ['WAS_GENERATED_BY', cleaning],
  ]).id
  // A second version: its header adds nothing, so that the whole set is in no single header.
  assert('Dataset', 'clean', { rows: 12 }, [
    ['WAS_DERIVED_FROM', raw],
    ['WAS_GENERATED_BY', cleaning],
  ])
  assert('Run', 'run-1', { state: 'COMPLETE' }, [
    ['RUN_OF', cleaning],
    ['RUN_USED', raw],
  ])
  const reporting = assert('Job', 'reporting', { owner: 'böse ☃' }, [
    ['USED', clean],
    ['USED', rates],
  ]).id
  const report = assert('Dataset', 'report', {}, [['WAS_GENERATED_BY', reporting]]).id
  assert('Job', 'reporting', { owner: 'böse ☃' }, [
    ['PART_OF', id('Job', 'reporting')],
    ['USED', clean],
    ['USED', rates],
    ['USED', report],
  ])
  for (let i = 0; i < 8; i++) assert('Dataset', `tail-${i}`, {}, [['WAS_DERIVED_FROM', stranger]])
  return { log, raw, rates, clean, cleaning, report, reporting, stranger }
}
