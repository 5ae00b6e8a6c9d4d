import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeLog } from './log.ts'

/** The text of the one licence that has any at hand. */
export const TEXT = 'Do with it what you like, and keep this notice.\n'

/** The day for which the terms of these tests are stated. */
export const DAY = '2026-04-01'

/** The hash that a licence names a text by. */
export const hashOf = (text: string) => hex(sha256(utf8(text)))

/**
 * A log of a report that rests on three things: what a shop gives under clauses, one of which a job lifts;
 * what is given under MIT, whose text is at hand; and a list that nobody has a licence of.
 */
export function termsLog() {
  const log = makeLog()
  const { assert, idOf } = log
  const clause = (name: string, body: Record<string, string | string[]>) =>
    assert('Clause', name, body).id
  const clauses = [
    clause('use', { type: 'permission', action: 'use' }),
    clause('no marketing', {
      ...{ type: 'prohibition', action: 'commercialize', purposes: ['dpv:Marketing'] },
      text: 'Not for marketing.',
    }),
    clause('name us', { type: 'duty', action: 'attribute', validUntil: '2099-12-31' }),
  ]
  const shop = assert(
    'License',
    'shop 2026',
    {
      title: 'Terms of the shop',
      validFrom: '2026-01-01',
      text: { sha256: hashOf('not at hand') },
    },
    clauses.map((id) => ['HAS_CLAUSE', id] as const),
  ).id
  const mit = assert('License', 'mit', {
    ...{ title: 'MIT', spdx: 'MIT OR CC-BY-NC-4.0', text: { sha256: hashOf(TEXT) } },
  }).id
  const source = assert('Source', 'shop', { title: 'Orders of the shop' }, [
    ['LICENSED_UNDER', shop],
  ]).id
  const raw = assert('Dataset', 'raw', {}, [['FROM_SOURCE', source]]).id
  const rates = assert('Dataset', 'rates', {}, [['LICENSED_UNDER', mit]]).id
  const list = assert('Dataset', 'list', {}).id
  const rule = assert('Transformation', 'sums', {
    rule: 'aggregation',
    lifts: [{ type: 'duty', action: 'odrl:attribute' }],
    justification: 'No sum is over fewer than a thousand.',
    approvedBy: 'The board',
  }).id
  const job = assert('Job', 'sum up', {}, [
    ['DESCRIBED_BY', rule],
    ['USED', raw],
  ]).id
  const report = assert('Dataset', 'report', {}, [
    ['WAS_DERIVED_FROM', list],
    ['WAS_DERIVED_FROM', rates],
    ['WAS_GENERATED_BY', job],
  ]).id
  for (let i = 0; i < 3; i++) assert('Dataset', `tail-${i}`, {}, [])
  return {
    ...{ log, report, job, raw, rates, list, source, shop, mit, rule, clauses },
    licence: idOf('License', 'shop 2026'),
  }
}
