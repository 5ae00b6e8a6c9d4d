import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Config } from './config.ts'
import { tlsFilesInvalid } from './problems.ts'

/** Where the certificate (with those between it and the root) and its key are. */
export interface TlsFiles {
  cert: string
  key: string
}

/** How often the files are looked at. They come by links being moved, which no watcher is told of. */
const LOOK_MS = 5_000

/** The files that the settings name; `null` where requests come in the clear. */
export const tlsFilesOf = ({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>) =>
  tlsCert !== null && tlsKey !== null ? { cert: tlsCert, key: tlsKey } : null

/**
 * Reads a certificate and its key: TLS 1.2 or later.
 *
 * @throws {Problem} `TLS_FILES_INVALID` where one cannot be read, or they do not belong together.
 */
export function readTlsFiles({ cert, key }: TlsFiles): SecureContextOptions {
  try {
    const options: SecureContextOptions = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      minVersion: 'TLSv1.2',
    }
    createSecureContext(options)
    return options
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw tlsFilesInvalid(cert, key, code ?? 'they are no PEM', error)
  }
}

/** Keeps a server's certificate as the files have it. */
export interface TlsReload {
  /** Reads the files now. What cannot be used leaves the old pair in force, and is told. */
  now(): void
  close(): void
}

/** Reads the files again when they change; connections that are open keep what they have. */
export function reloadTls(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  { told, lookMs = LOOK_MS }: { told(error: unknown | null): void; lookMs?: number },
): TlsReload {
  const now = () => {
    try {
      server.setSecureContext(readTlsFiles(files))
      told(null)
    } catch (error) {
      told(error)
    }
  }
  for (const file of Object.values(files)) {
    watchFile(file, { interval: lookMs, persistent: false }, now)
  }
  return {
    now,
    close() {
      for (const file of Object.values(files)) unwatchFile(file, now)
    },
  }
}
