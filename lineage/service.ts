import { type Ask, query } from './graph.ts'

/** What a database knows of the service that it belongs to. */
export interface ServiceRow {
  name: string
  /** The id of its signing register, or `null` before a server with one has joined. */
  register: string | null
  /** The ids of its keys for each use, in the order in which they came; at least one each. */
  checkpoint: string[]
  manifest: string[]
  /** The backup that is being restored into the database; `null` once that is done, and where none is. */
  restoring: string | null
}

/** The first release knew one key for each use, by a name of its own. */
const COLUMNS = `s.name AS name, s.register AS register,
    coalesce(s.checkpointKeys, [s.checkpointKey]) AS checkpoint,
    coalesce(s.manifestKeys, [s.manifestKey]) AS manifest, s.restoring AS restoring`

const JOIN_SERVICE = query<ServiceRow>(`
  // join the service
  MERGE (s:Service {tenant: $tenant})
  ON CREATE SET s.name = $name, s.checkpointKeys = $checkpoint, s.manifestKeys = $manifest
  SET s.lock = $lock
  RETURN ${COLUMNS}`)

const READ_SERVICE = query<ServiceRow>(`
  // read the service
  MATCH (s:Service {tenant: $tenant})
  RETURN ${COLUMNS}`)

const LOCK_KEYS = query<ServiceRow>(`
  // keys of the service, locked for a tenant
  MATCH (s:Service {tenant: $service}) SET s.lock = $tenant
  RETURN ${COLUMNS}`)

const NAME_REGISTER = query(`
  // name the register
  MATCH (s:Service {tenant: $tenant}) WHERE s.register IS NULL
  SET s.register = $register`)

const REGISTER_CHECKPOINT_KEY = query(`
  // register a checkpoint key
  MATCH (s:Service {tenant: $tenant})
  SET s.checkpointKeys = [kid IN coalesce(s.checkpointKeys, [s.checkpointKey]) WHERE kid <> $kid] + $kid`)

const REGISTER_MANIFEST_KEY = query(`
  // register a manifest key
  MATCH (s:Service {tenant: $tenant})
  SET s.manifestKeys = [kid IN coalesce(s.manifestKeys, [s.manifestKey]) WHERE kid <> $kid] + $kid`)

const REGISTER_KEY = { checkpoint: REGISTER_CHECKPOINT_KEY, manifest: REGISTER_MANIFEST_KEY }

/**
 * Founds the service in an empty database, or joins the one that is there, and returns it, locked
 * until the transaction ends. Asked in the scope of the service.
 */
export const joinServiceRow = async (ask: Ask, row: Omit<ServiceRow, 'register' | 'restoring'>) =>
  (await ask(JOIN_SERVICE, { ...row, lock: crypto.randomUUID() }))[0]!

/** The service that a database belongs to, or `undefined` for an empty one; asked in the scope of the service. */
export const readService = async (ask: Ask) => (await ask(READ_SERVICE))[0]

/**
 * The service with its keys, to which none is added before the transaction ends. Asked in the scope of a
 * tenant, for whose log the keys are.
 */
export const lockKeys = async (ask: Ask) => (await ask(LOCK_KEYS))[0]!

/** Says which register this service has; one that is named already is never replaced by this. */
export const nameRegister = (ask: Ask, register: string) => ask(NAME_REGISTER, { register })

/** Makes a key the newest of its use: the one that new logs begin with. */
export const registerKey = (ask: Ask, use: keyof typeof REGISTER_KEY, kid: string) =>
  ask(REGISTER_KEY[use], { kid })
