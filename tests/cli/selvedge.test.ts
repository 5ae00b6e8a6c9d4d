import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SETTINGS } from '../../server/config.ts'
import { selvedge } from '../setup/selvedge.ts'

describe('the command line', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await selvedge(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}neo4j +\S/m)
    expect(stdout).toMatch(/^ {2}config +\S/m)
  })

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(await selvedge(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  it.each([
    ['an unknown command', ['weave']],
    ['an unknown command below another', ['neo4j', 'weave']],
    ['an unknown option', ['config', '--colour']],
  ])('refuses %s with exit code 2', async (_what, args) => {
    const { code, stdout, stderr } = await selvedge(args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^error: unknown/)
  })

  it('helps with a command by either way of asking', async () => {
    const { code, stdout } = await selvedge(['help', 'seed'])
    expect([code, stdout]).toEqual([0, (await selvedge(['seed', '--help'])).stdout])
    expect(stdout).toContain('--url')
  })

  it('refuses a URL that is none with exit code 2', async () => {
    const { code, stderr } = await selvedge(['seed', '--url', 'localhost:4600'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: option '--url <url>'/)])
  })

  it('says which file it could not write, without a trace, and exits 1', async () => {
    const args = ['log', 'export', '--tenant', 'acme', '--out', 'package.json/log']
    const { code, stderr } = await selvedge(args)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^FILE_REFUSED: .*package\.json/)])
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('tells a problem by its code, without a trace, and exits 1', async () => {
    const { code, stderr } = await selvedge(['neo4j', 'status'], { SELVEDGE_PORT: 'http' })
    expect(code).toBe(1)
    expect(stderr).toBe(
      'CONFIG_INVALID: SELVEDGE_PORT is "http"; it must be a whole number from 0 to 65535\n',
    )
  })
})

describe('selvedge config', () => {
  it.each([[['config']], [['config', '--help']]])('%j lists every setting', async (args) => {
    const { code, stdout } = await selvedge(args)
    expect(code).toBe(0)
    for (const { name, meaning } of Object.values(SETTINGS)) {
      expect(stdout).toContain(name)
      expect(stdout).toContain(meaning)
    }
  })

  it('prints one JSON object with values and where they come from', async () => {
    const env = { SELVEDGE_PORT: '4700', NEO4J_PASSWORD: 'open sesame' }
    const { stdout } = await selvedge(['config', '--json'], env)
    const { settings } = JSON.parse(stdout)
    const named = (name: string) => settings.find((one: { name: string }) => one.name === name)
    expect(named('SELVEDGE_PORT')).toMatchObject({ value: '4700', from: 'environment' })
    expect(named('SELVEDGE_HOST')).toMatchObject({ value: '127.0.0.1', from: 'default' })
    expect(stdout).not.toContain('sesame')
  })

  it('lists all settings although one is wrong, then says which', async () => {
    const { code, stdout, stderr } = await selvedge(['config'], { SELVEDGE_PORT: 'http' })
    expect(code).toBe(1)
    expect(stdout).toContain('SELVEDGE_CACHE')
    expect(stderr).toContain('SELVEDGE_PORT')
  })
})
