import type { CheckName, Line, Result } from '../proofs/report.ts'

/** What each line of the verdict asks, for someone who has never seen one. */
export const LINE_WORDS: Record<Line, { name: string; asks: string }> = {
  intact: {
    name: 'Intact',
    asks: 'Is the file whole, unchanged since it was signed, and without contradictions?',
  },
  authentic: {
    name: 'Authentic',
    asks: 'Was it signed by someone whom your trust root names?',
  },
  witnessed: {
    name: 'Witnessed',
    asks: 'Have others, whom your trust root names, seen the same log?',
  },
  current: {
    name: 'Current',
    asks: 'Are these the latest records at the position of the state that the answer rests on?',
  },
  completeUp: {
    name: 'Complete upstream',
    asks: 'Is nothing left out of what the data came from, as far as was asked?',
  },
  completeDown: {
    name: 'Complete downstream',
    asks: 'Is nothing left out of what was made from the data, as far as was asked?',
  },
  terms: {
    name: 'Terms',
    asks: 'Are the terms of use, permissions, prohibitions, duties and what nobody knows, just those that the records make?',
  },
}

/** How something ended, in a word. */
export const RESULT_WORDS: Record<Result, string> = {
  pass: 'Yes',
  fail: 'No',
  'not evaluated': 'Not evaluated',
}

/** What each check is about. */
const CHECK_WORDS: Record<CheckName, string> = {
  'zip-form': 'The file is a zip in its one allowed form, so nothing can hide in it.',
  'manifest-form': 'The table of contents is there and well formed.',
  'jws-form': 'The signature belongs to this table of contents and no other.',
  'entry-list': 'Every file listed is there, and no file is there that is not listed.',
  'subject-digests': 'Every file has the fingerprint that was signed for it.',
  'stitch-root': 'The fingerprints together make the root that was signed.',
  'checkpoint-form': 'The log’s checkpoint, its size and root, is well formed.',
  'checkpoint-match': 'It is the checkpoint that the table of contents names.',
  'proof-form': 'The proof is well formed.',
  'records-form': 'Every record is well formed.',
  'keys-form': 'Every record of a key is well formed.',
  'anchors-form': 'The proofs towards anchors are well formed.',
  'erasures-form': 'Every record of an erasure is well formed.',
  'proof-positions': 'The proof is about these records, each at its own place in the log.',
  'proof-inclusion': 'All records stand in the log of that checkpoint.',
  'record-count': 'There are as many records as the table of contents counts.',
  'record-tenant': 'All records are of the same customer’s log.',
  'record-times': 'Time never runs backwards along the log.',
  'record-as-of': 'No record is later than the position asked about.',
  'record-entities': 'Each thing is shown once.',
  'out-sets': 'Where a thing’s origins are listed, none is left out or added.',
  'link-changes': 'What a record says it changed agrees with that list.',
  'link-ends': 'Every origin is a known kind of link to one definite record.',
  bodies: 'The contents shown are those that the records committed to.',
  erasures: 'What is shown as erased was erased, and the log says so.',
  'withheld-fields': 'Nothing is withheld, and nothing shown, against what the bundle says of it.',
  'state-form': 'The proof of the log’s state is well formed.',
  'state-size': 'It is of the position that the table of contents names.',
  'state-place':
    'The state it rests on is the last one up to the position asked about, and nothing in the log is passed over.',
  'state-entities': 'It covers every thing shown.',
  'state-current': 'Each record shown is the latest of its thing at that position.',
  'state-neighbours': 'Where it is listed what was made from a thing, none is left out or added.',
  'lineage-reach': 'Every record shown has to do with the question.',
  'lineage-upstream': 'Every origin named is shown, as far as was asked.',
  'lineage-downstream': 'Everything made from it is shown, as far as was asked.',
  'terms-form': 'What is said of the terms is well formed.',
  'terms-stated': 'The terms are those that the records shown make, and none is left out.',
  'license-texts': 'The texts of licences are those that the licences name by their fingerprints.',
  'origin-listed': 'Your trust root knows this log.',
  'origin-tenant': 'The log is the one of this customer.',
  'key-chain': 'The keys lead back to keys in your trust root.',
  'anchor-roots': 'Nothing that your trust root holds for certain speaks against the log.',
  'manifest-key': 'The key that signed the bundle was allowed to.',
  'manifest-signature': 'That signature holds.',
  'checkpoint-key': 'The key that signed the log’s checkpoint was allowed to.',
  'checkpoint-signature': 'That signature holds.',
  'witness-policy': 'Your trust root says whose witness counts.',
  cosignatures: 'The witnesses’ signatures hold.',
  'witness-quorum': 'Enough witnesses have signed.',
  'replay-form': 'The notes of those who derived the state anew are well formed.',
  'replay-signature': 'Someone whom your trust root names derived the same state from the log.',
}

/** What a check is about, in plain words. */
export const wordsOf = (name: CheckName) => CHECK_WORDS[name]
