import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { Problem } from '../../core/problem.ts'

export type Variables = Record<string, unknown>

/** `name=value` as it is given: JSON where that is JSON, and else a text. */
export function variableOf(given: string, before: Variables = {}): Variables {
  const [, name, value] = /^([_A-Za-z][_0-9A-Za-z]*)=(.*)$/s.exec(given) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be name=value.')
  }
  return { ...before, [name]: jsonOr(value) }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * All variables that are given: those of the file, and over them those that are named one by one.
 *
 * @throws {Problem} `QUERY_VARIABLES_INVALID`
 */
export function variablesFrom(file: string | undefined, named: Variables | undefined): Variables {
  return { ...(file !== undefined && inFile(file)), ...named }
}

function inFile(file: string): Variables {
  const said = jsonOr(readFileSync(file, 'utf8'))
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return said as Variables
  throw new Problem('QUERY_VARIABLES_INVALID', `${file} must hold one JSON object of variables.`, {
    details: { file },
  })
}
