import { parseReplayer } from '../witnessing/ask-replayer.ts'
import { optional, path, readable, refuse, setting, wholeNumber } from './setting.ts'

/** Who else looks at the logs. */
export const WITNESSING_SETTINGS = {
  witnessPolicy: readable(
    optional(
      'SELVEDGE_WITNESS_POLICY',
      path,
      'A C2SP tlog-policy: the witnesses that are asked to cosign checkpoints, and which of them must have.',
    ),
  ),
  witnessWait: setting(
    'SELVEDGE_WITNESS_WAIT',
    '1000',
    wholeNumber(0, 30_000),
    'How long an export waits for a witnessed checkpoint, in milliseconds, where there is a policy; and for the note of a replayer, where there is one.',
  ),
  replayer: optional(
    'SELVEDGE_REPLAYER',
    (value) => parseReplayer(value) ?? refuse('a vkey and an address, with a space between'),
    'Who replays the logs (`selvedge witness --replay`), as its vkey and its address: exports bring its note along.',
  ),
} as const
