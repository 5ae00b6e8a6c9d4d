import { executable, optional, path, readable } from './setting.ts'

/** Where the private keys are, and what guards them. */
export const KEY_SETTINGS = {
  keysPassphraseFile: readable(
    optional(
      'SELVEDGE_KEYS_PASSPHRASE_FILE',
      path,
      'A file whose first line is a passphrase: with it, the private keys under SELVEDGE_HOME are kept encrypted.',
    ),
  ),
  keysCommand: executable(
    optional(
      'SELVEDGE_KEYS_COMMAND',
      path,
      'An executable that holds the private keys instead of files, for instance before a KMS or an HSM.',
    ),
  ),
} as const
