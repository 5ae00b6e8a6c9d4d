import { defineBody } from './body.ts'
import { date, hash, link, term, text } from './parts.ts'

/** A trained model. How it is to be used, and how good it is, its cards say. */
export const MODEL = defineBody({
  says: 'A model that was trained; its cards say what it is for.',
  fields: {
    title: text(1_000, 'What it is called.'),
    description: text(20_000, 'What it does, in words.').optional(),
    version: text(100, 'Which version of it.').optional(),
    task: term(
      'What it is made for, a task of the Hugging Face Hub or of another vocabulary.',
      'tabular-classification',
    ).optional(),
    framework: text(255, 'What it was made with, such as `scikit-learn 1.7`.').optional(),
    artifactSha256: hash('The SHA-256 of its file.').optional(),
    repository: link('Where it is kept.').optional(),
    releasedOn: date('The day on which it was released.').optional(),
  },
})
