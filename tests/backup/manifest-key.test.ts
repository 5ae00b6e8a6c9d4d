import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { manifestKey } from '../../domains/backup/manifest-key.ts'
import { openKeyring } from '../../server/keyring.ts'

const home = mkdtempSync(join(tmpdir(), 'selvedge-manifest-key-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

it('is the newest of those listed that is held and may sign, or none', async () => {
  const keys = await openKeyring(home)
  const [first] = (await keys.list()).filter(({ use }) => use === 'manifest')
  const [second, third] = [await keys.make('manifest'), await keys.make('manifest')]
  const signer = (...kids: string[]) =>
    manifestKey(keys, kids, 'x.backup').then(
      ({ kid }) => kid,
      ({ code }: { code: string }) => code,
    )
  expect(await signer(first!.kid, second.kid)).toBe(second.kid)
  expect(await signer(first!.kid, second.kid, 'of another home')).toBe(second.kid)
  await keys.ban(second.kid)
  expect(await signer(first!.kid, second.kid)).toBe(first!.kid)
  await keys.ban(first!.kid)
  expect(await signer(first!.kid, second.kid)).toBe('BACKUP_KEYS_GONE')
  expect(await signer('of another home')).toBe('BACKUP_KEYS_GONE')
  expect(await signer(first!.kid, third.kid)).toBe(third.kid)
})
