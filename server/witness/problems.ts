import { Problem } from '../../core/problem.ts'

export const stateLost = (path: string) =>
  new Problem(
    'WITNESS_STATE_LOST',
    `The key of this witness is there and its state ${path} is not: it could cosign a fork of what it cosigned. Never put an older copy back: take another directory, and so a new key.`,
    { status: 503 },
  )

export const stateUnreadable = (path: string, cause: unknown) =>
  new Problem(
    'WITNESS_STATE_LOST',
    `The state ${path} cannot be read. Never put an older copy back: take another directory, and so a new key.`,
    { status: 503, cause },
  )

export const stateBusy = (path: string, cause: unknown) =>
  new Problem('WITNESS_STATE_BUSY', `Another process holds ${path} for too long.`, {
    status: 503,
    cause,
  })

export const keyMissing = (path: string) =>
  new Problem(
    'WITNESS_KEY_MISSING',
    `This witness has cosigned, and its key ${path} is not there: put it back, or take another directory.`,
    { status: 503 },
  )

export const keyOther = (path: string) =>
  new Problem(
    'WITNESS_KEY_OTHER',
    `${path} is not the key that this witness began with: put the right one back.`,
    { status: 503 },
  )

export const nameMissing = () =>
  new Problem(
    'WITNESS_NAME_MISSING',
    'A witness begins with a name, such as witness.example/w1: give it one with --name.',
  )

export const nameFixed = (name: string) =>
  new Problem(
    'WITNESS_NAME_FIXED',
    `This witness is called ${name}, in what it has cosigned too: leave --name out.`,
  )

export const logsInvalid = (where: string, what: string, cause?: unknown) =>
  new Problem('WITNESS_LOGS_INVALID', `${where}: ${what}`, { cause })

export const replayDiffers = (origin: string, size: number) =>
  new Problem(
    'WITNESS_REPLAY_DIFFERS',
    `This replayer has vouched for ${origin} at ${size}, and the log is another now: two histories were shown under one name.`,
    { status: 409, details: { origin, size } },
  )

export const portTaken = (port: number, cause: unknown) =>
  new Problem('WITNESS_PORT_TAKEN', `Port ${port} is in use: give another one with --port.`, {
    cause,
  })
