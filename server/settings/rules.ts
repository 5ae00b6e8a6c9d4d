import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '../../core/problem.ts'
import type { Config, ConfigFault } from '../config.ts'
import { isLocal } from '../host.ts'
import { readIssuers } from '../identity/issuers-file.ts'
import { issuersMissing } from '../identity/problems.ts'
import { readOperations } from '../limits/operations-file.ts'
import { readTlsFiles, tlsFilesOf } from '../tls.ts'
import { readPolicyFile } from '../witnessing/policy-file.ts'
import type { Setting } from './setting.ts'

/** Says what is wrong where settings do not go together; `null` where nothing is. */
type Rule = (config: Config) => ConfigFault | null

/** What settings must be together. Each is tested by a case of its own. */
const RULES: readonly Rule[] = [
  ({ keysCommand, keysPassphraseFile }) =>
    keysCommand !== null && keysPassphraseFile !== null
      ? fault('SELVEDGE_KEYS_PASSPHRASE_FILE', 'SELVEDGE_KEYS_COMMAND keeps the keys: set only one')
      : null,
  ({ tlsCert, tlsKey }) =>
    (tlsCert === null) !== (tlsKey === null)
      ? fault('SELVEDGE_TLS_CERT', 'a certificate and SELVEDGE_TLS_KEY go together: set both')
      : null,
  (config) => {
    const files = tlsFilesOf(config)
    return files && told('SELVEDGE_TLS_CERT', () => readTlsFiles(files))
  },
  ({ issuers, nodeEnv }) => {
    if (issuers !== null) return told('SELVEDGE_ISSUERS', () => readIssuers(issuers))
    if (nodeEnv !== 'production') return null
    return told('SELVEDGE_ISSUERS', () => {
      throw issuersMissing()
    })
  },
  ({ issuers, host }) =>
    issuers === null && !isLocal(host)
      ? fault('SELVEDGE_HOST', 'without SELVEDGE_ISSUERS only this machine may be listened to')
      : null,
  ({ home }) => {
    const there = existing(home)
    return statSync(there).isDirectory() && allows(there, constants.W_OK)
      ? null
      : fault('SELVEDGE_HOME', `nothing can be written in ${there}`)
  },
  ({ operations, operationsOnly }) => {
    if (operations !== null) return told('SELVEDGE_OPERATIONS', () => readOperations(operations))
    return operationsOnly
      ? fault('SELVEDGE_OPERATIONS_ONLY', 'without SELVEDGE_OPERATIONS nothing may run')
      : null
  },
  ({ witnessPolicy }) => {
    if (witnessPolicy === null) return null
    return told('SELVEDGE_WITNESS_POLICY', () => readPolicyFile(witnessPolicy))
  },
]

const fault = (setting: string, problem: string): ConfigFault => ({
  setting,
  problem: `${setting}: ${problem}`,
})

/** What reading a file of its own kind says of it. */
function told(setting: string, read: () => unknown): ConfigFault | null {
  try {
    read()
    return null
  } catch (error) {
    if (error instanceof Problem) return fault(setting, error.message)
    throw error
  }
}

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** Says of every file that a setting names whether this process may use it, and what rules are broken. */
export function findRuleFaults(
  settings: Readonly<Record<string, Setting<unknown>>>,
  config: Config,
): ConfigFault[] {
  const files = Object.entries(settings).flatMap(([key, { name, mustBe }]) => {
    const at = config[key as keyof Config]
    if (!mustBe || typeof at !== 'string') return []
    const mode = mustBe === 'executable' ? constants.X_OK : constants.R_OK
    const usable = allows(at, mode) && statSync(at).isFile()
    return usable ? [] : [fault(name, `${at} is no file that is ${mustBe}`)]
  })
  const known = new Set(files.map(({ setting }) => setting))
  const broken = RULES.flatMap((rule) => rule(config) ?? [])
  return [...files, ...broken.filter(({ setting }) => !known.has(setting))]
}
