import { type Hierarchy, wordOf } from './words.ts'

/**
 * The actions of ODRL 2.2 that are part of another than `use`, and those at the top
 * (https://www.w3.org/TR/odrl-vocab/, "includedIn").
 */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'odrl:use': [],
  'odrl:transfer': [],
  'odrl:give': ['odrl:transfer'],
  'odrl:sell': ['odrl:transfer'],
  'odrl:extract': ['odrl:reproduce'],
  'odrl:display': ['odrl:play'],
}

/** The actions that are part of `use` alone. */
const OF_USE = [
  ...['acceptTracking', 'aggregate', 'annotate', 'anonymize', 'archive', 'attribute', 'compensate'],
  ...['concurrentUse', 'delete', 'derive', 'digitize', 'distribute', 'ensureExclusivity'],
  ...['execute', 'grantUse', 'include', 'index', 'inform', 'install', 'modify', 'move'],
  ...['nextPolicy', 'obtainConsent', 'play', 'present', 'print', 'read', 'reproduce'],
  ...['reviewPolicy', 'stream', 'synchronize', 'textToSpeech', 'transform', 'translate'],
  ...['uninstall', 'watermark'],
].map((word) => `odrl:${word}`)

/** The words of Creative Commons that ODRL takes over, all of them part of `use`. */
const OF_CREATIVE_COMMONS = [
  ...['Reproduction', 'Distribution', 'DerivativeWorks', 'CommercialUse', 'Notice', 'Attribution'],
  ...['ShareAlike', 'Sharing', 'SourceCode'],
].map((word) => `cc:${word}`)

/** Words that ODRL 2.2 gives up for others, which mean the same. */
const RENAMED: Readonly<Record<string, string>> = {
  'odrl:commercialize': 'cc:CommercialUse',
  'odrl:copy': 'odrl:reproduce',
  'odrl:share': 'cc:Sharing',
}

export const ACTIONS: Hierarchy = {
  parents: new Map([
    ...Object.entries(ELSEWHERE),
    ...[...OF_USE, ...OF_CREATIVE_COMMONS].map((word) => [word, ['odrl:use']] as const),
  ]),
  has: (word) => /^(?:odrl|cc):/.test(word),
}

/** An action as it is compared; one without a prefix is of ODRL. */
export function actionOf(given: string): string {
  const word = wordOf(given, 'odrl:')
  return RENAMED[word] ?? word
}
