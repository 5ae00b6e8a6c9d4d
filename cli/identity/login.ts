import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../../server/key-file.ts'
import { loginInvalid } from './problems.ts'

const LOGIN = z.object({
  server: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  secretFile: z.string().optional(),
  keyFile: z.string().optional(),
  scope: z.string().optional(),
  audience: z.string().optional(),
  resource: z.string().optional(),
  accessToken: z.string(),
  /** Where a person logged in, and no file says who he is. */
  refreshToken: z.string().optional(),
  /** In seconds since 1970. */
  expiresAt: z.number(),
})

/** What `selvedge login` keeps: how to get a token, the last one, and the one server that it is for. */
export type Login = z.infer<typeof LOGIN>

/** How a client signs in, and with what. */
export type SignIn = Omit<Login, 'server' | 'accessToken' | 'refreshToken' | 'expiresAt'>

const fileIn = (home: string) => join(home, 'login.json')

/** The login of a home; `undefined` where there is none. @throws {Problem} `LOGIN_INVALID` */
export function readLogin(home: string): Login | undefined {
  const file = fileIn(home)
  if (!existsSync(file)) return undefined
  try {
    return LOGIN.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw loginInvalid(file, error)
  }
}

/** Keeps a login, readable by its owner alone. */
export function writeLogin(home: string, login: Login) {
  const file = fileIn(home)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  replaceFile(file, `${JSON.stringify(login, null, 2)}\n`)
}

/** Forgets the login. @returns Whether there was one. */
export function forgetLogin(home: string): boolean {
  const file = fileIn(home)
  const was = existsSync(file)
  rmSync(file, { force: true })
  return was
}
