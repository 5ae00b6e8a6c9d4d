import { afterEach, expect, it, vi } from 'vitest'
import { coloursOn } from '../../cli/colours.ts'

afterEach(() => vi.unstubAllEnvs())

it.each([
  ['a terminal', { isTTY: true, env: {}, coloured: true }],
  ['a terminal under NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' }, coloured: false }],
  ['a pipe', { isTTY: false, env: {}, coloured: false }],
  ['a pipe in CI', { isTTY: false, env: { CI: 'true' }, coloured: false }],
  ['a pipe under FORCE_COLOR', { isTTY: false, env: { FORCE_COLOR: '1' }, coloured: false }],
])('%s', (_what, { isTTY, env, coloured }) => {
  for (const name of ['NO_COLOR', 'CI', 'FORCE_COLOR']) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const { red } = coloursOn({ isTTY } as NodeJS.WriteStream)
  expect(red('no') !== 'no').toBe(coloured)
})
