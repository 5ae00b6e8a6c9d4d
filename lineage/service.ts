import { type Ask, query } from './graph.ts'

/** What a database knows of the service that it belongs to. */
export interface ServiceRow {
  name: string
  /** The id of its signing register, or `null` before a server with one has joined. */
  register: string | null
  checkpointKey: string
  manifestKey: string
}

const JOIN_SERVICE = query<ServiceRow>(`
  // join the service
  MERGE (s:Service {tenant: $tenant})
  ON CREATE SET s.name = $name, s.checkpointKey = $checkpointKey, s.manifestKey = $manifestKey
  SET s.lock = $lock
  RETURN s.name AS name, s.register AS register, s.checkpointKey AS checkpointKey, s.manifestKey AS manifestKey`)

const READ_SERVICE = query<ServiceRow>(`
  // the service
  MATCH (s:Service {tenant: $tenant})
  RETURN s.name AS name, s.register AS register, s.checkpointKey AS checkpointKey, s.manifestKey AS manifestKey`)

const NAME_REGISTER = query(`
  // name the register
  MATCH (s:Service {tenant: $tenant}) WHERE s.register IS NULL
  SET s.register = $register`)

/**
 * Founds the service in an empty database, or joins the one that is there, and returns it, locked
 * until the transaction ends. Asked in the scope of the service.
 */
export const joinServiceRow = async (ask: Ask, row: Omit<ServiceRow, 'register'>) =>
  (await ask(JOIN_SERVICE, { ...row, lock: crypto.randomUUID() }))[0]!

/** The service that a database belongs to, or `undefined` for an empty one; asked in the scope of the service. */
export const readService = async (ask: Ask) => (await ask(READ_SERVICE))[0]

/** Says which register this service has; one that is named already is never replaced by this. */
export const nameRegister = (ask: Ask, register: string) => ask(NAME_REGISTER, { register })
