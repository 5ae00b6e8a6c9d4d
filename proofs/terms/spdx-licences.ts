import type { Rule } from './rule.ts'

/** What one does to come under a duty that is about copies, about what is shared, or about adaptations. */
const SHARING = ['odrl:distribute', 'cc:Distribution', 'cc:Sharing', 'odrl:transfer']
const COPYING = [...SHARING, 'odrl:reproduce', 'cc:Reproduction']
const ADAPTING = [
  'cc:DerivativeWorks',
  'odrl:derive',
  'odrl:modify',
  'odrl:transform',
  'odrl:translate',
]

const may = (purposes?: readonly string[]): Rule => ({
  ...{ type: 'permission', action: 'odrl:use' },
  ...(purposes && { purposes }),
})
const mustNot = (...actions: string[]) =>
  actions.map((action): Rule => ({ type: 'prohibition', action }))
const must = (action: string, upon?: readonly string[]): Rule => ({
  ...{ type: 'duty', action },
  ...(upon && { upon }),
})

const NOTICE = must('cc:Notice', COPYING)
const ATTRIBUTION = [must('cc:Attribution', COPYING), NOTICE]
const SOURCE = [NOTICE, must('cc:SourceCode', SHARING)]
const ALIKE = must('cc:ShareAlike', [...SHARING, ...ADAPTING])
const NON_COMMERCIAL = [may(['dpv:NonCommercialPurpose']), ...mustNot('cc:CommercialUse')]
/** From 4.0 on adaptations may be made and not be shared; which of both is meant nobody can tell from an action. */
const NO_DERIVATIVES = mustNot(...ADAPTING)

/** Licences of one meaning: whose words they are taken from, and which they are, by `*` for a version. */
interface Family {
  says: string
  source: string
  ids: string
  rules: readonly Rule[]
}

const CHOOSE = 'https://choosealicense.com/appendix/'
const CC = 'https://creativecommons.org/licenses/'
const CC_VERSIONS = ['1.0', '2.0', '2.5', '3.0', '4.0']

/**
 * What the common licences permit, forbid and demand, as those who look after them sum it up. It is no
 * legal advice, and says less than they do: warranties, patents and trade marks have no place in it. Other
 * people's tables are held against it (`tests/terms/spdx-sources.test.ts`).
 */
export const FAMILIES: readonly Family[] = [
  {
    says: 'Anything may be done with it, and nothing is asked for.',
    source: `${CHOOSE}; https://creativecommons.org/publicdomain/zero/1.0/; https://opendatacommons.org/licenses/pddl/summary/`,
    ids: '0BSD CC0-1.0 MIT-0 PDDL-1.0 Unlicense',
    rules: [may()],
  },
  {
    says: 'It may be used by whoever keeps the notices in copies.',
    source: `${CHOOSE}; https://cdla.dev/`,
    ids: 'AFL-3.0 Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CDLA-Permissive-2.0 ISC MIT NCSA PostgreSQL Zlib',
    rules: [may(), NOTICE],
  },
  {
    says: 'It may be used by whoever shares the source of it, under the same licence, where it is shared.',
    source: CHOOSE,
    ids: 'EPL-2.0 GPL-2.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0 GPL-3.0-only GPL-3.0-or-later LGPL-2.1 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 LGPL-3.0-only LGPL-3.0-or-later MPL-2.0',
    rules: [may(), ...SOURCE, ALIKE],
  },
  {
    says: 'The same, also for whom it serves over a network.',
    source: CHOOSE,
    ids: 'AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later EUPL-1.2',
    rules: [may(), NOTICE, must('cc:SourceCode'), ALIKE],
  },
  {
    says: 'It may be used by whoever names the authors.',
    source: `${CC}by/4.0/; https://opendatacommons.org/licenses/by/summary/; https://cdla.dev/permissive-1-0/`,
    ids: 'CC-BY-* CDLA-Permissive-1.0 ODC-By-1.0',
    rules: [may(), ...ATTRIBUTION],
  },
  {
    says: 'The same, and what is made of it is shared under the same terms.',
    source: `${CC}by-sa/4.0/; https://cdla.dev/sharing-1-0/`,
    ids: 'CC-BY-SA-* CDLA-Sharing-1.0',
    rules: [may(), ...ATTRIBUTION, ALIKE],
  },
  {
    says: 'The same, and a database that is made of it is offered whole.',
    source: `${CHOOSE}; https://opendatacommons.org/licenses/odbl/1-0/ (4.6)`,
    ids: 'ODbL-1.0',
    rules: [may(), ...ATTRIBUTION, must('cc:SourceCode', SHARING), ALIKE],
  },
  {
    says: 'It may be used, and nothing made of it may be shared.',
    source: `${CC}by-nd/4.0/`,
    ids: 'CC-BY-ND-*',
    rules: [may(), ...ATTRIBUTION, ...NO_DERIVATIVES],
  },
  {
    says: 'It may be used for what is not commercial, by whoever names the authors.',
    source: `${CC}by-nc/4.0/`,
    ids: 'CC-BY-NC-*',
    rules: [...NON_COMMERCIAL, ...ATTRIBUTION],
  },
  {
    says: 'The same, and what is made of it is shared under the same terms.',
    source: `${CC}by-nc-sa/4.0/`,
    ids: 'CC-BY-NC-SA-*',
    rules: [...NON_COMMERCIAL, ...ATTRIBUTION, ALIKE],
  },
  {
    says: 'It may be used for what is not commercial, and nothing made of it may be shared.',
    source: `${CC}by-nc-nd/4.0/`,
    ids: 'CC-BY-NC-ND-*',
    rules: [...NON_COMMERCIAL, ...ATTRIBUTION, ...NO_DERIVATIVES],
  },
]

const idsOf = ({ ids }: Family) =>
  ids
    .split(' ')
    .flatMap((id) =>
      id.endsWith('*') ? CC_VERSIONS.map((version) => id.replace('*', version)) : [id],
    )

const RULES = new Map(
  FAMILIES.flatMap((family) => idsOf(family).map((id) => [id, family.rules] as const)),
)

/** The ids that have a meaning here. */
export const SPDX_IDS: readonly string[] = [...RULES.keys()]

/** What an id of SPDX means; `undefined` where nothing here says so. */
export const rulesOfSpdx = (id: string) => RULES.get(id)
