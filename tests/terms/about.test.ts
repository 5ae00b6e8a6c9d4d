import { expect, it } from 'vitest'
import { closureOf } from '../../proofs/terms/closure.ts'

it.each(['dpiapacket', 'modelcard', 'principal'])(
  'asks no licence of what is written about a thing, or of who answers for it: a %s',
  (kind) => {
    const ids = ['urn:selvedge:dataset:h:a', `urn:selvedge:${kind}:h:b`]
    const { carries } = closureOf({ ids, root: 0, out: [[1], []] })
    expect(carries).toEqual([[], []])
  },
)
