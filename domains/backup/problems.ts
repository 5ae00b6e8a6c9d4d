import { Problem } from '../../core/problem.ts'

export const passphraseWrong = (path: string) =>
  new Problem(
    'BACKUP_PASSPHRASE_WRONG',
    `The passphrase does not open ${path}: it is another one, or the head of the file is damaged.`,
    { details: { path } },
  )

export const passphraseMissing = (path: string) =>
  new Problem(
    'BACKUP_PASSPHRASE_MISSING',
    `The first line of ${path} is empty: write a passphrase there, such as \`openssl rand -base64 32\` gives.`,
    { details: { path } },
  )

export const notAnArchive = (path: string, because: string) =>
  new Problem('BACKUP_NOT_AN_ARCHIVE', `${path} is no backup of this form: ${because}.`, {
    details: { path },
  })

export const damaged = (path: string, because: string) =>
  new Problem(
    'BACKUP_DAMAGED',
    `${path} is not as it was written (${because}): take another copy of it, or an earlier backup.`,
    { details: { path } },
  )

export const unfinished = (path: string) =>
  new Problem(
    'BACKUP_UNFINISHED',
    `${path} ends before its manifest: call \`selvedge backup\` with the same --out again, and it goes on from there.`,
    { details: { path } },
  )

export const alreadyThere = (path: string) =>
  new Problem(
    'BACKUP_EXISTS',
    `${path} is there already, and no backup is ever written over: name another file.`,
    { details: { path } },
  )

export const busy = (path: string) =>
  new Problem('BACKUP_BUSY', `Another process is writing ${path}: wait for it.`, {
    status: 409,
    details: { path },
  })

export const writeFailed = (path: string, cause: unknown) =>
  new Problem(
    'BACKUP_WRITE_FAILED',
    `${path} cannot be written (${(cause as Error).message}): see that its folder is there, may be written to and has room, and call this again. It goes on from where it stopped.`,
    { details: { path }, cause },
  )

export const otherBackup = (path: string, because: string) =>
  new Problem(
    'BACKUP_OF_ANOTHER',
    `${path} was begun as a backup of something else (${because}): name another file, or delete it.`,
    { status: 409, details: { path } },
  )

export const keysGone = (path: string) =>
  new Problem(
    'BACKUP_KEYS_GONE',
    `No key that ${path} lists may sign it any more: each is given up as compromised, or not in this home. Delete ${path}.partial and begin again: another backup lists the keys of today.`,
    { status: 409, details: { path } },
  )

export const nothingToBackUp = () =>
  new Problem(
    'BACKUP_DATABASE_EMPTY',
    'The database holds no service: there is nothing to back up.',
  )

export const notSigned = (tenant: string) =>
  new Problem(
    'BACKUP_UNSIGNED',
    `No checkpoint of «${tenant}» is published yet, and this server does not sign: wait for the one that does.`,
    { status: 503, details: { tenant } },
  )

export const logDiffers = (tenant: string, because: string) =>
  new Problem(
    'BACKUP_LOG_DIFFERS',
    `What is stored of «${tenant}» is not what its checkpoint covers (${because}). Was it restored meanwhile? Then begin another backup; else see what \`selvedge fsck --tenant ${tenant}\` finds.`,
    { status: 409, details: { tenant } },
  )

export const unsound = (tenant: string, because: string) =>
  new Problem(
    'BACKUP_UNSOUND',
    `The backup is whole, but what it holds of «${tenant}» does not hold together: ${because}.`,
    { status: 409, details: { tenant } },
  )

export const fileUnsound = (tenant: string, address: string, because: string) =>
  new Problem(
    'BACKUP_FILE_UNSOUND',
    `The backup is whole, but the file ${address} of «${tenant}» in it is not what its address says: ${because}. Take an earlier backup.`,
    { status: 409, details: { tenant, address } },
  )

export const signatureInvalid = (because: string) =>
  new Problem('BACKUP_SIGNATURE', `The manifest of the backup is not to be believed: ${because}.`, {
    status: 409,
  })

export const restoreMoved = (tenant: string) =>
  new Problem(
    'RESTORE_LOG_MOVED',
    `The log of «${tenant}» was written to meanwhile: stop all servers, then run this again.`,
    { status: 409, details: { tenant } },
  )

export const notEmpty = (because: string) =>
  new Problem(
    'RESTORE_DATABASE_NOT_EMPTY',
    `A backup is restored into an empty database, and this one is not (${because}): name another one, or empty it (\`selvedge neo4j reset\`).`,
    { status: 409 },
  )

export const forked = (known: { origin: string; size: number; source: string }) =>
  new Problem(
    'RESTORE_FORK',
    `The first ${known.size} leaves of ${known.origin} are others in this backup than ${known.source} says. One of the two is not this log: keep both, they are evidence; nothing was restored.`,
    { status: 409, details: { ...known } },
  )

export const knownUnsigned = (source: string, because: string) =>
  new Problem(
    'RESTORE_KNOWN_INVALID',
    `${source} shows no checkpoint that could be compared (${because}): give a signed checkpoint of a log, or a trust root with anchors.`,
    { details: { source } },
  )

export const registerBehind = (origin: string, size: number, source: string) =>
  new Problem(
    'RESTORE_REGISTER_BEHIND',
    `${origin} was signed at ${size} (${source}), and the signing register of this home knows nothing of it: bring back the register's newest copy. Nothing was restored.`,
    { status: 409, details: { origin, size, source } },
  )

export const notClean = (tenant: string, found: number, first: string) =>
  new Problem(
    'RESTORE_NOT_CLEAN',
    `What was restored of «${tenant}» differs from what its log says in ${found} places (the first: ${first}): no epoch was opened. Empty the database and restore again; see \`selvedge fsck\`.`,
    { status: 409, details: { tenant, found } },
  )
