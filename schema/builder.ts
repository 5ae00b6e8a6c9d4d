import SchemaBuilder from '@pothos/core'
import type { ForeignJson } from '../proofs/json.ts'
import type { Context } from '../resolvers/context.ts'
import './permission.ts'

/** The types of the API are built here and defined elsewhere, one noun a file. */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    Seq: { Input: number; Output: number }
    DateTime: { Input: string; Output: string }
    JSON: { Input: ForeignJson; Output: unknown }
  }
}>({ defaultFieldNullability: false, plugins: ['permission'] })

builder.queryType({ description: 'What can be asked. All of one answer is read at one position.' })
builder.subscriptionType({
  description:
    'What can be followed, as server-sent events. A client that was cut off loses nothing.',
})
builder.mutationType({
  description: 'What can be changed. Every change is a record in the log of its tenant.',
})
