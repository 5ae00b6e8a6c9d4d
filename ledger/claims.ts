/** What the id of a file's entity begins with; a name of its own follows, by which a claim finds it. */
export const exportId = (name: string) => `urn:selvedge:export:${name}`
export const attachmentId = (name: string) => `urn:selvedge:attachment:${name}`

/** Under which claim the file of an entity is put that is not recorded yet. */
export const fileClaim = (tenant: string, name: string) => `${tenant}.${name}`

/** The name of the entity that a claim was made for. */
export const nameInClaim = (by: string) => by.slice(by.indexOf('.') + 1)
export const tenantInClaim = (by: string) => by.slice(0, Math.max(0, by.indexOf('.')))
