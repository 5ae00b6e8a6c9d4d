import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { clientFor, type Place } from '../identity/client-for.ts'
import type { Moment } from '../time/moment.ts'

/** The formats of others that a lineage question is answered in. */
export const LINEAGE_FORMATS = ['prov-json', 'prov-n', 'dcat-ap'] as const
/** Those that a model is described in. */
export const MODEL_FORMATS = ['cyclonedx', 'model-card'] as const
export const DOCUMENT_FORMATS = [...LINEAGE_FORMATS, ...MODEL_FORMATS] as const
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number]

/** Whether it is a model that is described, of which there is no more to say than the moment. */
export const isOfModel = (format: DocumentFormat) =>
  (MODEL_FORMATS as readonly DocumentFormat[]).includes(format)

function pathOf(format: DocumentFormat, { root, asOf, ...walk }: Wanted['asked']) {
  const moment = asOf && Object.values(asOf)[0]
  const said = isOfModel(format) ? { asOf: moment } : { root, ...walk, asOf: moment }
  const query = new URLSearchParams(
    Object.entries(said).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  )
  const path = isOfModel(format) ? `models/${encodeURIComponent(root)}` : 'lineage'
  return `/api/v1/${path}/${format}?${query}`
}

interface Wanted {
  format: DocumentFormat
  place: Place
  out: string
  json?: true
  asked: { root: string; direction: string; depth: number; runs?: number; asOf?: Moment }
}

/** Has the server write a document, and keeps it as a file, or hands it on where that is called `-`. */
export async function fetchDocument({ format, place, out, json, asked }: Wanted): Promise<void> {
  const response = await clientFor(place).request(pathOf(format, asked))
  const body = response.body!
  if (out === '-') return pipeline(body, process.stdout, { end: false })
  await keep(body, out)
  const position = response.headers.get('x-selvedge-position')
  const made = { ok: true, tenant: place.tenant, file: out, format, position }
  process.stdout.write(
    json ? `${JSON.stringify(made)}\n` : `${format} as of position ${position}: ${out}\n`,
  )
}

/** Under another name first, so that nobody finds half a file. */
export async function keep(body: ReadableStream<Uint8Array> | AsyncIterable<string>, out: string) {
  const draft = `${out}.${process.pid}.new`
  try {
    await pipeline(body, createWriteStream(draft, { flags: 'wx' }))
    await rename(draft, out)
  } finally {
    await rm(draft, { force: true })
  }
}
