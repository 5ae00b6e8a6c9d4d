import picocolors from 'picocolors'

export type Colours = ReturnType<typeof picocolors.createColors>

/**
 * Colours for what is written to `out`: on a terminal, and where NO_COLOR does not forbid them.
 * picocolors' own guess also colours what is piped in CI, where it ends up in files.
 */
export const coloursOn = (out: NodeJS.WriteStream): Colours =>
  picocolors.createColors(out.isTTY === true && !process.env.NO_COLOR)
