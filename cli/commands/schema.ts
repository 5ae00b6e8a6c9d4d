import { Argument, type Command } from 'commander'
import { BODIED_KINDS, type BodiedKind } from '../../lineage/kinds.ts'

export function define(command: Command): void {
  command
    .description('Print schemas, as this release has them. No server is asked.')
    .command('kind')
    .description(
      'Print the JSON Schema (2020-12) of what things of a kind say of themselves; without a name, those of all kinds by their names.',
    )
    .addArgument(new Argument('[name]', 'the kind').choices(BODIED_KINDS))
    .action(async (kind?: BodiedKind) => {
      const { jsonSchemaOf, jsonSchemas } = await import('../../domains/kinds/json-schema.ts')
      const told = kind ? jsonSchemaOf(kind) : jsonSchemas()
      process.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
    })
}
