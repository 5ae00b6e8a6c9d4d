import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { PAGE_STYLE } from './style.ts'

const at = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const hashOf = (content: string) =>
  `'sha256-${createHash('sha256').update(content).digest('base64')}'`

/**
 * Builds `verify.html`: one file with its script and style in it, under a policy that lets nothing else
 * run and nothing at all be fetched. The same source gives the same bytes.
 */
export async function buildVerifyPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [at('page.ts')],
    absWorkingDir: at('..'),
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: ['es2024'],
    minify: true,
    legalComments: 'none',
    charset: 'ascii',
    logLevel: 'silent',
  })
  // Within HTML nothing in a script may look like its end.
  const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script').trim()
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(PAGE_STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const page = await readFile(at('page.html'), 'utf8')
  return page
    .replace('POLICY', () => policy)
    .replace('/*STYLE*/', () => PAGE_STYLE)
    .replace('/*SCRIPT*/', () => script)
}
