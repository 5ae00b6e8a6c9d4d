import { defineBody } from './body.ts'
import { DICE_EXAMPLE, isDiceJson } from './dice-json.ts'
import { checked, choice, instant, number, parts, several, text } from './parts.ts'

/** Why a model said what it said: what counted for it, and what would have changed it. */
export const XAI_EXPORT = defineBody({
  says: 'Why a model said what it said: what weighed how much, and what would have changed it.',
  fields: {
    method: text(255, 'How it was found out, such as `SHAP`.'),
    methodVersion: text(100, 'Which version of that.').optional(),
    scope: choice('XaiScope', 'What it explains.', {
      local: 'One prediction.',
      global: 'The model as a whole.',
    }),
    explainedAt: instant('When it was found out.').optional(),
    attributions: several(
      parts('XaiAttribution', 'How much one feature weighed.', {
        feature: text(1_000, 'The feature.'),
        value: number([-1e15, 1e15], 'How much it weighed, and which way.'),
      }),
      1_000,
      'How much each feature weighed.',
    ).optional(),
    baseValue: number([-1e15, 1e15], 'What the weights are counted from.').optional(),
    counterfactuals: checked(isDiceJson, 'it must be JSON as DiCE writes it, version 2', {
      says: 'What would have changed the answer: JSON of DiCE, version 2, as a text.',
      examples: [DICE_EXAMPLE],
      most: 500_000,
    }).optional(),
    caveats: several(
      text(5_000, 'Something to know before relying on it.'),
      100,
      'What to know before relying on it.',
    ),
  },
  rules: ({ attributions = [], counterfactuals }) => [
    attributions.length === 0 && counterfactuals === undefined
      ? { path: ['attributions'], says: 'there are attributions, counterfactuals or both' }
      : undefined,
  ],
})
