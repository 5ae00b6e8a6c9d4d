type Members = Readonly<Record<string, unknown>>

const isLists = (value: unknown) => Array.isArray(value) && value.every(Array.isArray)
const isListOrNull = (value: unknown) => value === null || Array.isArray(value)

/** The members that counterfactuals of DiCE have in version 2 of their JSON, and what each is. */
const MEMBERS: Readonly<Record<string, (value: unknown) => boolean>> = {
  test_data: isLists,
  cfs_list: isLists,
  local_importance: isListOrNull,
  summary_importance: isListOrNull,
  feature_names: isListOrNull,
  feature_names_including_target: isListOrNull,
  model_type: (value) => value === null || typeof value === 'string',
  desired_class: (value) => value === null || ['string', 'number'].includes(typeof value),
  desired_range: isListOrNull,
  data_interface: (value) => typeof value === 'object' && !Array.isArray(value),
  metadata: (value) => (value as Members | null)?.version === '2.0',
}

/** Whether a text is what DiCE writes of counterfactuals, in version 2 of its JSON (`dice_ml/schema`). */
export function isDiceJson(text: string): boolean {
  try {
    const said = JSON.parse(text) as Members | null
    return Object.entries(MEMBERS).every(
      ([name, fits]) => Object.hasOwn(said ?? {}, name) && fits(said![name]),
    )
  } catch {
    return false
  }
}

/** One person who did not get a loan, and would have with more income. */
export const DICE_EXAMPLE = JSON.stringify({
  test_data: [[[29, 21_000, 0]]],
  cfs_list: [[[29, 26_500, 1]]],
  local_importance: null,
  summary_importance: null,
  feature_names: ['age', 'income'],
  feature_names_including_target: ['age', 'income', 'loan'],
  model_type: 'classifier',
  desired_class: 1,
  desired_range: null,
  data_interface: { outcome_name: 'loan' },
  metadata: { version: '2.0' },
})
