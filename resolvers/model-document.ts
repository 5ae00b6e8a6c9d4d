import type { Described, Licensed, ModelAnswer } from '../domains/standards/models/answer.ts'
import { modelUnknown } from '../domains/standards/problems.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { formatPosition } from '../lineage/position.ts'
import type { AsOf } from './as-of.ts'
import type { Context } from './context.ts'
import { describe } from './described.ts'
import { checkId, findEntity, neighboursOf } from './entity.ts'

/**
 * Reads a model with its card, its licences and what it was trained on, at one position.
 *
 * @throws {Problem} `MODEL_UNKNOWN` where the id names no model, or one that is retired;
 *   `ENTITY_ID_INVALID`; as `findEntity`.
 */
export async function findModelAnswer(
  { id, asOf }: { id: string; asOf?: AsOf },
  context: Context,
): Promise<ModelAnswer> {
  const model = await findEntity({ id: checkId(id), asOf }, context)
  if (model?.kind !== 'Model' || model.retired) throw modelUnknown()
  const [described, cards, datasets] = await Promise.all([
    withLicenses(model, context),
    neighboursOf(model, 'DESCRIBED_BY', context),
    neighboursOf(model, 'TRAINED_ON', context),
  ])
  return {
    model: described,
    card: await cardFor(described, cards, context),
    trainedOn: await Promise.all(datasets.map((dataset) => withLicenses(dataset, context))),
    position: formatPosition({ epoch: context.position?.epoch ?? 0, seq: model.at }),
  }
}

async function withLicenses(entity: EntityAt, context: Context): Promise<Licensed> {
  const [described, licenses] = await Promise.all([
    describe(entity, context),
    neighboursOf(entity, 'LICENSED_UNDER', context),
  ])
  return {
    ...described,
    licenses: await Promise.all(licenses.map((license) => describe(license, context))),
  }
}

/** A card of another file says nothing of this one; where the model names no file, the newest is taken. */
async function cardFor(model: Described, cards: readonly EntityAt[], context: Context) {
  const all = await Promise.all(cards.map((card) => describe(card, context)))
  const { artifactSha256 } = model.fields
  const about = all.filter(
    ({ fields }) => artifactSha256 === undefined || fields.artifactSha256 === artifactSha256,
  )
  return about.sort((a, b) => b.seq - a.seq)[0] ?? null
}
