import { flag, ofSurroundings, optional, path, refuse, setting, text } from './setting.ts'

const seed = (value: string) =>
  value === 'random' || /^-?\d{1,10}$/.test(value) ? value : refuse('a whole number, or random')

/** What tests alone set. */
export const TEST_SETTINGS = ofSurroundings({
  failpoint: optional(
    'SELVEDGE_FAILPOINT',
    text,
    'Tests only: point:n kills the process at the n-th pass of that point.',
  ),
  testHome: optional(
    'SELVEDGE_TEST_HOME',
    path,
    'Tests only: the home that goes with NEO4J_URI; a temporary one otherwise.',
  ),
  testNoDatabase: setting(
    'SELVEDGE_TEST_NO_DB',
    'false',
    flag,
    'Tests only: starts no Neo4j; tests that need one fail.',
  ),
  testSeed: setting(
    'SELVEDGE_TEST_SEED',
    '33',
    seed,
    'Tests only: what generated inputs begin with: a number, or «random».',
  ),
})
