import { z } from 'zod'
import { defineBody, inOrder } from './body.ts'
import { choice, date, link, parts, several, text } from './parts.ts'

/** Where data comes from: the properties of a dataset in a catalogue by DCAT-AP 3. */
export const SOURCE = defineBody({
  says: 'Where data comes from: whoever publishes it, and under what heading (DCAT-AP 3).',
  fields: {
    title: text(1_000, 'What it is called (dct:title).'),
    description: text(20_000, 'What it holds, in words (dct:description).'),
    publisher: parts('SourcePublisher', 'Who makes it available (dct:publisher).', {
      name: text(1_000, 'What they are called (foaf:name).'),
      homepage: link('Where they present themselves (foaf:homepage).').optional(),
    }).optional(),
    contactPoint: parts('SourceContact', 'Whom to ask about it (dcat:contactPoint).', {
      name: text(1_000, 'The person or office (vcard:fn).'),
      email: z.email().max(320).describe('Their address for mail (vcard:hasEmail).').optional(),
      url: link('Where to reach them (vcard:hasURL).').optional(),
    }).optional(),
    landingPage: link('Where it is presented and had from (dcat:landingPage).').optional(),
    themes: several(
      choice('SourceTheme', 'A heading of the data-theme vocabulary of the EU.', {
        AGRI: 'Agriculture, fisheries, forestry and food.',
        ECON: 'Economy and finance.',
        EDUC: 'Education, culture and sport.',
        ENER: 'Energy.',
        ENVI: 'Environment.',
        GOVE: 'Government and public sector.',
        HEAL: 'Health.',
        INTR: 'International issues.',
        JUST: 'Justice, legal system and public safety.',
        OP_DATPRO: 'Provisional data.',
        REGI: 'Regions and cities.',
        SOCI: 'Population and society.',
        TECH: 'Science and technology.',
        TRAN: 'Transport.',
      }),
      14,
      'Under which headings it belongs (dcat:theme).',
    ).optional(),
    keywords: several(
      text(255, 'A word that it is found by.'),
      100,
      'Words that it is found by (dcat:keyword).',
    ).optional(),
    issued: date('The day on which it was published (dct:issued).').optional(),
    modified: date('The day on which it last changed (dct:modified).').optional(),
    accrualPeriodicity: choice(
      'SourceFrequency',
      'How often it is renewed (dct:accrualPeriodicity), a word of the frequency vocabulary of the EU.',
      {
        UPDATE_CONT: 'All the time.',
        HOURLY: 'Every hour.',
        DAILY: 'Every day.',
        DAILY_2: 'Twice a day.',
        WEEKLY: 'Every week.',
        WEEKLY_2: 'Twice a week.',
        WEEKLY_3: 'Three times a week.',
        BIWEEKLY: 'Every two weeks.',
        MONTHLY: 'Every month.',
        MONTHLY_2: 'Twice a month.',
        MONTHLY_3: 'Three times a month.',
        BIMONTHLY: 'Every two months.',
        QUARTERLY: 'Every three months.',
        ANNUAL: 'Every year.',
        ANNUAL_2: 'Twice a year.',
        ANNUAL_3: 'Three times a year.',
        BIENNIAL: 'Every two years.',
        TRIENNIAL: 'Every three years.',
        IRREG: 'At no regular times.',
        NEVER: 'Never again.',
        OTHER: 'In some other rhythm.',
        UNKNOWN: 'Nobody knows.',
      },
    ).optional(),
    spatial: several(
      text(1_000, 'A place, by its name or its address in a gazetteer.'),
      100,
      'The places that it is about (dct:spatial).',
    ).optional(),
    temporal: parts('SourcePeriod', 'The time that it is about (dct:temporal).', {
      from: date('The first day (dcat:startDate).').optional(),
      until: date('The last day (dcat:endDate).').optional(),
    }).optional(),
    accessRights: choice('SourceAccess', 'Who may get at it (dct:accessRights).', {
      PUBLIC: 'Everybody.',
      RESTRICTED: 'Those who meet some conditions.',
      NON_PUBLIC: 'Nobody outside.',
    }).optional(),
  },
  rules: ({ issued, modified, temporal }) => [
    inOrder([issued, modified], ['modified'], 'issued'),
    inOrder([temporal?.from, temporal?.until], ['temporal', 'until'], 'from'),
  ],
})
