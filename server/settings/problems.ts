import { Problem } from '../../core/problem.ts'
import { redactText } from '../redact.ts'

export const settingInvalid = (setting: string, shown: string | null, wanted: string) =>
  new Problem(
    'CONFIG_INVALID',
    `${setting} ${shown === null ? 'cannot be used' : `is "${redactText(shown)}"`}; it must be ${wanted}`,
    { details: { setting, wanted } },
  )

export const settingUnknown = (name: string, where: string, meant: string | null) =>
  new Problem(
    'CONFIG_UNKNOWN',
    `${where}: there is no setting "${name.slice(0, 80)}"${meant ? `; "${meant}" may be meant` : ''}. \`selvedge config\` lists all.`,
    { details: { setting: name.slice(0, 80), meant } },
  )

export const settingsFileInvalid = (path: string, because: string) =>
  new Problem('CONFIG_FILE_INVALID', `${path} cannot be used: ${because}.`, { details: { path } })

export const secretFileInvalid = (setting: string, path: string, because: string) =>
  new Problem('CONFIG_SECRET_FILE', `${setting} names ${path}, and ${because}.`, {
    details: { setting, path },
  })
