import { ProofError } from './error.ts'

/** A decimal number as usage is counted in: up to 18 digits before the point and 12 behind it. */
export const DECIMAL = /^-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?$/

const SCALE = 12

/** A sum under way, in units of 10^-12: exact, whatever the numbers are. */
export type DecimalSum = bigint

/**
 * Adds a decimal number to a sum.
 *
 * @throws {ProofError} `PROOF_VALUE` for what is no such number.
 */
export function addDecimal(sum: DecimalSum, text: string): DecimalSum {
  if (!DECIMAL.test(text)) throw new ProofError('PROOF_VALUE', `${text.slice(0, 40)} is no decimal`)
  const isMinus = text.startsWith('-')
  const [whole = '', fraction = ''] = text.slice(isMinus ? 1 : 0).split('.')
  const units = BigInt(whole + fraction.padEnd(SCALE, '0'))
  return isMinus ? sum - units : sum + units
}

/** Writes a sum in its one form: no sign of zero, no zeros at the end. */
export function writeDecimal(sum: DecimalSum): string {
  const digits = (sum < 0n ? -sum : sum).toString().padStart(SCALE + 1, '0')
  const fraction = digits.slice(-SCALE).replace(/0+$/, '')
  const whole = digits.slice(0, -SCALE)
  return `${sum < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`
}
