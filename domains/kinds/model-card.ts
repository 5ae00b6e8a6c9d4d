import { defineBody } from './body.ts'
import { hash, number, parts, several, term, text } from './parts.ts'

/** What a model is for and how good it is, in the terms of a Hugging Face model card. */
export const MODEL_CARD = defineBody({
  says: 'What a model is for, what it was trained on, how good it is and where it fails.',
  fields: {
    version: text(100, 'Which version of the card this is.'),
    artifactSha256: hash('The SHA-256 of the file of the model that this is about.'),
    intendedUse: text(20_000, 'What it is for.'),
    outOfScopeUse: text(20_000, 'What it is not for.').optional(),
    trainingData: text(20_000, 'What it was trained on, in words.').optional(),
    evaluationData: text(20_000, 'What it was tried on, in words.').optional(),
    metrics: several(
      parts('ModelMetric', 'How good it is by one measure.', {
        name: text(255, 'The measure, such as `accuracy`.'),
        value: number([-1e15, 1e15], 'Its value over all.'),
        unit: text(100, 'What it is counted in.').optional(),
        slices: several(
          parts('ModelMetricSlice', 'How good it is for a part of the data.', {
            slice: text(1_000, 'Which part, such as `age: 18-25`.'),
            value: number([-1e15, 1e15], 'The value for that part.'),
          }),
          200,
          'Its values for parts of the data.',
        ).optional(),
      }),
      100,
      'How good it is.',
    ).optional(),
    caveats: several(
      text(5_000, 'Something to know before using it.'),
      100,
      'What to know before using it.',
    ).optional(),
    languages: several(
      term('A language, by BCP 47.', 'en-GB'),
      100,
      'The languages that it speaks.',
    ).optional(),
    tags: several(
      text(255, 'A word that it is found by.'),
      100,
      'Words that it is found by.',
    ).optional(),
  },
})
