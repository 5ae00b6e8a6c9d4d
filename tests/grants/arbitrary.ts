import fc from 'fast-check'

/** What happens in one tenant before anything is granted. Numbers name datasets and jobs. */
export interface TenantPlan {
  datasets: { derivedFrom: number[]; generatedBy: number[] }[]
  jobs: { uses: number[]; partOf: number[] }[]
  /** Another name that turns out late to be a dataset's, or an earlier dataset to be another's. */
  merges: [number, number][]
  retired: number[]
  erased: number[]
}

export interface GrantPlan {
  from: number
  to: number
  root: number
  direction: string
  depth: number
  /** Whether only what is of the root's kind is granted. */
  ownKind: boolean
  fields: string[]
  fate: 'open' | 'over' | 'revoked' | 'not yet'
}

export interface Plan {
  tenants: TenantPlan[]
  grants: GrantPlan[]
  asked: { root: number; direction: string; depth: number; first: number }[]
}

const DATASETS = 5
const JOBS = 3
const some = (most: number) => fc.uniqueArray(fc.nat(most - 1), { maxLength: 2 })
/** So that several lead to one, whose kind may not be granted. */
const few = (most: number) => fc.uniqueArray(fc.nat(most - 1), { minLength: 1, maxLength: 2 })

const tenant: fc.Arbitrary<TenantPlan> = fc.record({
  datasets: fc.array(fc.record({ derivedFrom: some(DATASETS), generatedBy: few(JOBS) }), {
    minLength: DATASETS,
    maxLength: DATASETS,
  }),
  jobs: fc.array(fc.record({ uses: few(DATASETS), partOf: some(JOBS) }), {
    minLength: JOBS,
    maxLength: JOBS,
  }),
  merges: fc.array(fc.tuple(fc.nat(DATASETS - 1), fc.nat(DATASETS - 1)), { maxLength: 1 }),
  retired: fc.uniqueArray(fc.nat(DATASETS + JOBS - 1), { maxLength: 1 }),
  erased: fc.uniqueArray(fc.nat(DATASETS + JOBS - 1), { maxLength: 1 }),
})

const DIRECTIONS = ['UPSTREAM', 'DOWNSTREAM', 'BOTH']
const FIELDS = [['*'], [], ['name'], ['Job.*'], ['Dataset.description', 'namespace']]
const FATES = ['open', 'open', 'open', 'over', 'revoked', 'not yet'] as const

/** Two to four tenants, cycles and self-loops among them, and grants between them that overlap. */
export const arbitraryPlan: fc.Arbitrary<Plan> = fc.integer({ min: 2, max: 4 }).chain((tenants) =>
  fc.record({
    tenants: fc.array(tenant, { minLength: tenants, maxLength: tenants }),
    grants: fc.array(
      fc
        .record({
          from: fc.nat(tenants - 1),
          // Some way on from who gives it, and so never the same.
          on: fc.integer({ min: 1, max: tenants - 1 }),
          root: fc.nat(DATASETS + JOBS - 1),
          direction: fc.constantFrom(...DIRECTIONS),
          depth: fc.integer({ min: 0, max: 3 }),
          ownKind: fc.boolean(),
          fields: fc.constantFrom(...FIELDS),
          fate: fc.constantFrom(...FATES),
        })
        .map(({ on, ...grant }) => ({ ...grant, to: (grant.from + on) % tenants })),
      { minLength: 5, maxLength: 7 },
    ),
    asked: fc.array(
      fc.record({
        root: fc.nat(),
        direction: fc.constantFrom(...DIRECTIONS),
        depth: fc.nat(4),
        first: fc.constantFrom(1, 2, 500),
      }),
      { minLength: 3, maxLength: 3 },
    ),
  }),
)
