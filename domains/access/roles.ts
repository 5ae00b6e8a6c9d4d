/**
 * The roles that Selvedge knows (DESIGN §7). What each may do is said by the policies, and nowhere
 * else: a role is a name.
 */
export const ROLES = [
  'reader',
  'writer',
  'auditor',
  'steward',
  'operator',
  'ombuds',
  'finance',
  'admin',
] as const

export type Role = (typeof ROLES)[number]

/** Whether a text names a role. Names are compared as they are: `Admin` is none. */
export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)
