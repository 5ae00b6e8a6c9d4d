import { Problem } from '../../core/problem.ts'

export const provenanceTooLarge = (entities: number, most: number) =>
  new Problem(
    'PROVENANCE_TOO_LARGE',
    `The answer holds ${entities} entities; one document takes ${most}. Ask for a smaller depth, or for one direction.`,
    { status: 413, details: { entities, most } },
  )

export const runsOutOfRange = (runs: number, most: number) =>
  new Problem(
    'PROVENANCE_RUNS_OUT_OF_RANGE',
    `The newest runs of each job are 0 to ${most}, not ${String(runs).slice(0, 30)}.`,
    { details: { most } },
  )

/** Also for what is no model, or one that is retired: there is nothing to tell of either. */
export const modelUnknown = () =>
  new Problem('MODEL_UNKNOWN', 'There is no model of that id, or it is retired.', { status: 404 })
