import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PERMISSIONS } from '../../domains/access/permissions.ts'
import { ROLES } from '../../domains/access/roles.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const { app, freshTenant } = await testApp()
const url = await listening(app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-policy-'))
const file = join(folder, 'open-log.cedar')
const OPEN_LOG = 'permit(principal in Role::"reader", action == Action::"log:read", resource);\n'

beforeAll(async () => {
  writeFileSync(file, OPEN_LOG)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it('prints the schema without a server: every role, and every permission with what needs it', async () => {
  const { code, stdout, stderr } = await selvedge(['policy', 'schema'])
  expect(code, stderr).toBe(0)
  for (const role of ROLES) expect(stdout).toContain(`"${role}"`)
  for (const permission of Object.keys(PERMISSIONS)) {
    expect(stdout).toContain(`action "${permission}" in [`)
  }
  expect(stdout).toContain('@operations("POST /api/v1/lineage, POST /api/v1/lineage/batch")')
})

it('simulates a policy, puts it in force, lists it and retires it', async () => {
  const tenant = await freshTenant()
  const policy = (verb: string, ...args: string[]) =>
    selvedge(['policy', verb, ...args, '--tenant', tenant, '--url', url])

  const simulated = await policy('simulate', '--put', `open-log=${file}`)
  expect(simulated.code, simulated.stderr).toBe(0)
  expect(simulated.stdout).toMatch(
    /^reader {2}log:read {2}denied -> permitted {2}\(open-log\)\n\d+ decisions looked at, 1 would turn\n$/,
  )

  const put = await policy('put', 'open-log', file)
  expect(put.code, put.stderr).toBe(0)
  expect(put.stdout).toMatch(/^open-log is in force from 0:\d+ on\n$/)

  const listed = await policy('list', '--text')
  expect(listed.stdout).toMatch(/^default\/border \(shipped\)\n {2}\/\/ Nobody acts/)
  expect(listed.stdout).toContain(`open-log (version 1, record `)
  expect(listed.stdout.endsWith(`\n  ${OPEN_LOG}`)).toBe(true)

  const retired = await policy('retire', 'open-log', '--json')
  expect(JSON.parse(retired.stdout)).toMatchObject({ ok: true, tenant, name: 'open-log' })
})

it('says what is wrong with a policy, and where', async () => {
  const tenant = await freshTenant()
  const bad = join(folder, 'bad.cedar')
  writeFileSync(bad, '// ours\npermit(principal in Role::"redaer", action, resource);\n')
  const { code, stderr } = await selvedge([
    ...['policy', 'put', 'bad', bad, '--tenant', tenant, '--url', url],
  ])
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/line 2.*redaer/s)
})
