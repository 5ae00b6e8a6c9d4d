import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildVerifyPage } from './build.ts'

const folder = fileURLToPath(new URL('../dist/', import.meta.url))
const page = await buildVerifyPage()
await mkdir(folder, { recursive: true })
await writeFile(`${folder}verify.html`, page)
const sha256 = createHash('sha256').update(page).digest('hex')
process.stdout.write(
  `dist/verify.html: ${page.length} bytes, ${gzipSync(page).length} gzipped, SHA-256 ${sha256}\n`,
)
