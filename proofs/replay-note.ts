import { std64 } from './base64.ts'

/** A state that somebody has derived anew from the headers of a log. */
export interface ReplayedState {
  origin: string
  /** The state record's `size`. */
  size: number
  root: Uint8Array
}

/**
 * Gives the text that a replayer signs, as a C2SP signed note under its own key, once it has derived
 * the state from the log's headers alone (docs/specs/state.md, "Replay note").
 */
export const replayText = ({ origin, size, root }: ReplayedState) =>
  `selvedge/replay/1\n${origin}\n${size}\n${std64(root)}\n`
