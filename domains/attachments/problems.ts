import { Problem } from '../../core/problem.ts'

export const attachmentUnknown = () =>
  new Problem('ATTACHMENT_UNKNOWN', 'This tenant has no attachment of that id.', { status: 404 })

export const attachmentErased = (id: string, by: number) =>
  new Problem('ATTACHMENT_ERASED', `This attachment was erased by the record at ${by}.`, {
    status: 410,
    details: { id, by },
  })

export const attachmentLost = (id: string) =>
  new Problem(
    'ATTACHMENT_LOST',
    'The file of this attachment is no longer in the store; its time was over, or it is to be restored from a backup.',
    { status: 410, details: { id } },
  )

export const attachmentTooLarge = (most: number) =>
  new Problem(
    'ATTACHMENT_TOO_LARGE',
    `An attachment has at most ${most} bytes (SELVEDGE_ATTACHMENT_MAX_BYTES).`,
    { status: 413, details: { most } },
  )

export const mediaTypeRefused = (because: string) =>
  new Problem(
    'ATTACHMENT_MEDIA_TYPE',
    `Say in content-type what the file is, and send its bytes alone: ${because}.`,
    { status: 415 },
  )

export const encodingRefused = () =>
  new Problem(
    'ATTACHMENT_ENCODING',
    'A file is kept as it is sent: leave content-encoding out, and send compressed files by their own media type.',
    { status: 415 },
  )

export const digestInvalid = () =>
  new Problem(
    'ATTACHMENT_DIGEST_INVALID',
    'content-digest is read as RFC 9530 has it: sha-256=:<32 bytes in base64>:',
  )

export const digestMismatch = (found: string) =>
  new Problem(
    'ATTACHMENT_DIGEST_MISMATCH',
    'What came is not what content-digest says; nothing was kept. Send it again.',
    { details: { found } },
  )
