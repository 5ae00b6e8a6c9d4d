import { sha256 } from '../../../core/sha256.ts'
import type { ShownRecord } from '../../../proofs/records.ts'
import { withholdFields } from '../../../proofs/withhold.ts'
import type { Changes } from '../../make/bundle.ts'
import { type Mutant, mutant, predicate, record, small } from './mutant.ts'

const { raw, reporting } = small

/** Withholds these fields of one record, whatever the manifest says. */
const withheld = (id: string, ...names: string[]) =>
  record(id, (shown: ShownRecord) => ({
    ...shown,
    fields: withholdFields(sha256, shown.fields!, new Set(names)),
  }))

const stated = (withhold: string[], shown?: Changes['shown']): Changes => ({
  ...predicate({ withhold }),
  ...(shown && { shown }),
})

/** Bundles that keep back other fields than they say. */
export const WITHHOLD_MUTANTS = {
  'withheld-fields': [
    mutant(
      'a field withheld that no pattern names',
      'PROOF_WITHHELD',
      stated(['nothing'], withheld(raw, 'format')),
    ),
    mutant('a field shown that a pattern names', 'PROOF_WITHHELD', stated(['format'])),
    mutant(
      'a field withheld of another kind than the pattern says',
      'PROOF_WITHHELD',
      stated(['Job.format'], withheld(raw, 'format')),
    ),
    {
      ...mutant(
        'a whole body that is not shown',
        'PROOF_WITHHELD',
        stated(
          ['nothing'],
          record(raw, (shown) => ({ ...shown, fields: null })),
        ),
      ),
      telling: true,
    },
    mutant(
      'one of two fields shown that a pattern names',
      'PROOF_WITHHELD',
      stated(['Job.na*e', 'Job.owne*'], withheld(reporting, 'owner')),
    ),
  ],
} satisfies Record<string, Mutant[]>
