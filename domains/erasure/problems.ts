import { Problem } from '../../core/problem.ts'

export const reasonInvalid = (most: number) =>
  new Problem(
    'ERASE_REASON_INVALID',
    `Say why in 1 to ${most} characters, and name nobody: the reason stays when what it is about is gone.`,
    { details: { most } },
  )

export const erasureUnknown = (id: string) =>
  new Problem('ERASURE_UNKNOWN', 'This tenant has no erasure of that id.', {
    status: 404,
    details: { id: id.slice(0, 200) },
  })

export const erasurePending = (id: string, pendingUntil: string) =>
  new Problem(
    'ERASURE_PENDING',
    `Backups and transaction logs may hold what was erased until ${pendingUntil}; confirm after that.`,
    { status: 409, details: { id, pendingUntil } },
  )
