import { Problem } from '../../core/problem.ts'

export const devIssuerRefused = (because: string) =>
  new Problem(
    'DEV_ISSUER_REFUSED',
    `The development issuer is for development on this machine alone, and ${because}: configure a real issuer (SELVEDGE_ISSUERS).`,
  )

export const clientInvalid = (because: string) =>
  new Problem(
    'DEV_CLIENT_INVALID',
    `This cannot be a client of the development issuer: ${because}.`,
  )

export const devIssuerPortTaken = (port: number, cause: unknown) =>
  new Problem(
    'DEV_ISSUER_PORT_TAKEN',
    `Port ${port} is in use; set SELVEDGE_DEV_ISSUER_PORT to another one, for the server too.`,
    { cause },
  )
