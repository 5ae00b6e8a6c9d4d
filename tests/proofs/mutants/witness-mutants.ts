import { sha256 } from '../../../core/sha256.ts'
import { unb64 } from '../../../proofs/base64.ts'
import { formatVkey } from '../../../proofs/note.ts'
import type { Changes } from '../../make/bundle.ts'
import { makeWitness, policyOf } from '../../make/witness.ts'
import { genuineTrust, type Mutant, mutant, otherOrigin, witnesses } from './mutant.ts'

const [one, two] = witnesses as [(typeof witnesses)[0], (typeof witnesses)[0]]
const stranger = makeWitness('stranger.example/w')

const policy = (change: (text: string) => string): Changes => ({
  trust: (trust) => ({ ...trust, witnessPolicy: change(trust.witnessPolicy) }),
})

/** A log of another origin, under the key that signs this one. */
const otherLog = () => {
  const publicKey = unb64(genuineTrust.logs[0]!.keys[0]!.x)
  return `log ${formatVkey(sha256, { name: otherOrigin, publicKey })}\n`
}

/** Bundles that only a check of witnesses can refuse. */
export const WITNESS_MUTANTS = {
  'witness-policy': [
    mutant(
      'a policy that is none',
      'PROOF_POLICY',
      policy(() => 'quorum them\n'),
    ),
    mutant(
      'a policy that lists another log',
      'PROOF_POLICY_LOG',
      policy((text) => `${otherLog()}${text}`),
    ),
  ],
  cosignatures: [
    mutant('a cosignature over another checkpoint', 'PROOF_COSIGNATURE', {
      cosignatures: ([, second], text) => [one.cosign(`${text}more\n`), second!],
    }),
    mutant('a cosignature whose time was changed', 'PROOF_COSIGNATURE', {
      cosignatures: ([first, second]) => [
        { ...first!, signature: first!.signature.with(7, first!.signature[7]! ^ 1) },
        second!,
      ],
    }),
    mutant(
      'a cosignature by another key under the name and hash of a witness',
      'PROOF_COSIGNATURE',
      {
        cosignatures: ([first, second], text) => [
          { ...first!, signature: stranger.cosign(text).signature },
          second!,
        ],
      },
    ),
    mutant('a bad line of a witness who has a good one too', 'PROOF_COSIGNATURE', {
      cosignatures: ([first, second]) => [
        first!,
        second!,
        { ...second!, signature: second!.signature.slice(1) },
      ],
    }),
  ],
  'witness-quorum': [
    mutant('a note that nobody cosigned', 'PROOF_QUORUM', { cosignatures: () => [] }),
    mutant('a note that one of two cosigned', 'PROOF_QUORUM', {
      cosignatures: ([first]) => [first!],
    }),
    mutant('a note that one of two cosigned twice', 'PROOF_QUORUM', {
      cosignatures: ([first], text) => [first!, one.cosign(text, 1_800_000_000)],
    }),
    mutant('a cosignature by a witness whom nobody listed', 'PROOF_QUORUM', {
      cosignatures: ([first], text) => [first!, stranger.cosign(text)],
    }),
    mutant(
      'a policy that asks for a third',
      'PROOF_QUORUM',
      policy(() => policyOf([one, two, stranger], 'all')),
    ),
  ],
} satisfies Record<string, Mutant[]>
