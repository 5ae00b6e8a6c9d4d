import { Problem } from '../../core/problem.ts'

export const loginFailed = (issuer: string, because: string, cause?: unknown) =>
  new Problem('LOGIN_FAILED', `${issuer} gives no token: ${because}.`, { cause })

export const loginInvalid = (file: string, cause?: unknown) =>
  new Problem('LOGIN_INVALID', `${file} cannot be read; \`selvedge login\` writes it anew.`, {
    cause,
  })

export const addressUnsafe = (url: string) =>
  new Problem(
    'ADDRESS_UNSAFE',
    `${url} is neither https nor on this machine: nothing that proves who you are is sent there.`,
  )
