/// <reference lib="dom" />
import { shown } from '../proofs/page/escape.ts'
import { renderReport } from './render.ts'
import { TrustError, verifyFiles } from './verify-files.ts'

const bundleInput = document.querySelector<HTMLInputElement>('#bundle')!
const trustInput = document.querySelector<HTMLInputElement>('#trust')!
const place = document.querySelector<HTMLElement>('#report')!

const given: { bundle: File | null; trust: File | null } = { bundle: null, trust: null }
let turn = 0

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer())

/** Verifies what is given, whenever that changes; a result that is overtaken is dropped. */
async function verify() {
  const mine = ++turn
  const { bundle, trust } = given
  if (bundle === null) {
    show(trust ? '<p class="note">Now give the bundle.</p>' : '', 'waiting')
    return
  }
  show('<p class="note">Verifying …</p>', 'busy')
  // The words above are to be seen before the work begins.
  await new Promise((resolve) => setTimeout(resolve))
  const start = performance.now()
  const [html, json] = await outcome(bundle, trust)
  if (mine !== turn) return
  Object.assign(place.dataset, {
    milliseconds: (performance.now() - start).toFixed(1),
    of: `${bundle.name} ${trust?.name ?? ''}`,
    json,
  })
  show(html, 'done')
}

async function outcome(bundle: File, trust: File | null): Promise<[html: string, json: string]> {
  try {
    const root = trust && { name: trust.name, bytes: await bytesOf(trust) }
    const rendered = await verifyFiles(await bytesOf(bundle), root)
    return [renderReport(rendered), rendered.json]
  } catch (error) {
    if (error instanceof TrustError) return [refusal(error.message), error.json]
    // Not the bundle's fault, and not a yes: a browser that cannot do what is asked, or an error of ours.
    return [refusal(`This browser could not finish verifying: ${String(error)}`), '']
  }
}

const refusal = (message: string) => `<p class="outcome fail" id="outcome">${shown(message)}</p>`

function show(html: string, state: 'waiting' | 'busy' | 'done') {
  place.innerHTML = html
  place.dataset.state = state
}

function take(files: FileList | null | undefined) {
  for (const file of files ?? []) {
    const isTrust = /\.json$/i.test(file.name) || file.type === 'application/json'
    given[isTrust ? 'trust' : 'bundle'] = file
  }
  void verify()
}

bundleInput.addEventListener('change', () => {
  given.bundle = bundleInput.files?.[0] ?? null
  void verify()
})
trustInput.addEventListener('change', () => {
  given.trust = trustInput.files?.[0] ?? null
  void verify()
})
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  document.body.classList.add('over')
})
document.addEventListener('dragleave', () => document.body.classList.remove('over'))
document.addEventListener('drop', (event) => {
  event.preventDefault()
  document.body.classList.remove('over')
  take(event.dataTransfer?.files)
})
