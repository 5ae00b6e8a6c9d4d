import { BODIED_KINDS, type BodiedKind } from '../../lineage/kinds.ts'
import type { KindBody } from './body.ts'
import { CLAUSE } from './clause.ts'
import { DECISION } from './decision.ts'
import { DPIA_PACKET } from './dpia-packet.ts'
import { LICENSE } from './license.ts'
import { METERING_RECORD } from './metering-record.ts'
import { MODEL } from './model.ts'
import { MODEL_CARD } from './model-card.ts'
import { PREDICTION } from './prediction.ts'
import { PRINCIPAL } from './principal.ts'
import { SIGN_OFF } from './sign-off.ts'
import { SOURCE } from './source.ts'
import { TRANSFORMATION } from './transformation.ts'
import { XAI_EXPORT } from './xai-export.ts'

/** What each kind of thing says of itself: the one place that a new kind's body is named in. */
export const BODIES: Record<BodiedKind, KindBody> = {
  Source: SOURCE,
  License: LICENSE,
  Clause: CLAUSE,
  DpiaPacket: DPIA_PACKET,
  Model: MODEL,
  ModelCard: MODEL_CARD,
  Prediction: PREDICTION,
  XaiExport: XAI_EXPORT,
  Transformation: TRANSFORMATION,
  Principal: PRINCIPAL,
  SignOff: SIGN_OFF,
  Decision: DECISION,
  MeteringRecord: METERING_RECORD,
}

/** What a thing of each kind is, in a sentence. */
export const WHAT_TYPED_KINDS_ARE = Object.fromEntries(
  BODIED_KINDS.map((kind) => [kind, BODIES[kind].says]),
) as Record<BodiedKind, string>
