import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'

const require = createRequire(import.meta.url)

/** A schema of CycloneDX, as its own library brings it. */
const schemaOf = (name: string) =>
  JSON.parse(
    readFileSync(
      require
        .resolve('@cyclonedx/cyclonedx-library/package.json')
        .replace('package.json', `res/schema/${name}.SNAPSHOT.schema.json`),
      'utf8',
    ),
  ) as object

/** Judges bills of materials by the schema of CycloneDX, which takes no member that it does not know. */
export function cycloneDxValidator(version: '1.6' | '1.7') {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  // The library types itself for CommonJS.
  ;(addFormats as unknown as (to: Ajv) => void)(ajv)
  // For names in other scripts, which nothing that we write has.
  ajv.addFormat('iri-reference', true)
  ajv.addFormat('idn-email', true)
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
    const schema = schemaOf(name)
    ajv.addSchema(schema, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  }
  return ajv.compile(schemaOf(`bom-${version}`))
}
