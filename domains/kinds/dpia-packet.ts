import { defineBody, inOrder, type Wrong } from './body.ts'
import { choice, instant, parts, several, terms, text } from './parts.ts'

const RISK_LEVEL = choice('RiskLevel', 'How high a risk is.', {
  LOW: 'Low.',
  MEDIUM: 'Medium.',
  HIGH: 'High.',
  VERY_HIGH: 'Very high.',
})

/** What Article 35(7) GDPR asks of an assessment, part by part, in words of DPV. */
export const DPIA_PACKET = defineBody({
  says: 'What was found when the risks of some processing of personal data were assessed (Article 35 GDPR, in words of DPV).',
  fields: {
    title: text(1_000, 'What it is called.'),
    description: text(50_000, 'The processing, systematically described (Article 35(7)(a)).'),
    processing: terms('What is done to the data (dpv:hasProcessing).', 'dpv:Collect').optional(),
    purposes: terms('To what end (dpv:hasPurpose).', 'dpv:FraudPreventionAndDetection').optional(),
    legalBases: terms('On what ground (dpv:hasLegalBasis).', 'eu-gdpr:A6-1-f').optional(),
    dataCategories: terms(
      'What kinds of personal data (dpv:hasPersonalData).',
      'pd:Financial',
    ).optional(),
    dataSubjects: terms('Whose data (dpv:hasDataSubject).', 'dpv:Customer').optional(),
    necessity: text(50_000, 'Why it is necessary, and in proportion (Article 35(7)(b)).'),
    risks: several(
      parts('DpiaRisk', 'One risk to the rights and freedoms of those whose data it is.', {
        description: text(5_000, 'What may happen to them.'),
        likelihood: RISK_LEVEL.describe('How likely that is.'),
        severity: RISK_LEVEL.describe('How bad it would be.'),
      }),
      100,
      'The risks to those whose data it is (Article 35(7)(c)).',
    ),
    measures: several(
      text(5_000, 'What is done about a risk.'),
      100,
      'What is done about them (Article 35(7)(d)).',
    ),
    inherentRisk: RISK_LEVEL.describe('How high the risk is if nothing is done.').optional(),
    residualRisk: RISK_LEVEL.describe('How high it is with all the measures.').optional(),
    decision: choice('DpiaDecision', 'What was decided.', {
      approved: 'It may be done.',
      rejected: 'It must not be done.',
      conditional: 'It may be done under the conditions.',
    }).optional(),
    conditions: several(
      text(5_000, 'A condition.'),
      100,
      'Under which conditions it may be done.',
    ).optional(),
    assessedAt: instant('When that was decided.').optional(),
    expiresAt: instant('From when on it has to be assessed anew.').optional(),
  },
  rules: ({ decision, conditions = [], assessedAt, expiresAt }) => [
    needs(
      decision !== undefined && assessedAt === undefined,
      'assessedAt',
      'a decision says when it was taken',
    ),
    needs(
      (decision === 'conditional') !== conditions.length > 0,
      'conditions',
      'there are conditions where, and only where, the decision is conditional',
    ),
    inOrder([assessedAt, expiresAt], ['expiresAt'], 'assessedAt'),
  ],
})

const needs = (isWrong: boolean, field: string, says: string): Wrong | undefined =>
  isWrong ? { path: [field], says } : undefined
