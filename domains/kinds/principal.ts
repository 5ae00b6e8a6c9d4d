import { defineBody, type Wrong } from './body.ts'
import { choice, matching, text } from './parts.ts'

/** Somebody who answers for things: as a token of OpenID Connect names them, or by a title alone. */
export const PRINCIPAL = defineBody({
  says: 'A person, team or service that answers for things.',
  fields: {
    title: text(1_000, 'What they are called.'),
    type: choice('PrincipalType', 'What they are.', {
      person: 'One person.',
      team: 'Several people, an office or a company.',
      service: 'A program that acts by itself.',
    }),
    description: text(20_000, 'What they do, in words.').optional(),
    issuer: matching(
      /^https?:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+$/,
      'The issuer of their tokens (the claim `iss` of OpenID Connect).',
      'https://login.example.org',
    ).optional(),
    subject: text(255, 'Who they are to that issuer (the claim `sub`).').optional(),
  },
  rules: ({ issuer, subject }) => [
    together(issuer, subject, 'subject'),
    together(subject, issuer, 'issuer'),
  ],
})

/** A subject means something to its issuer alone. */
const together = (one: unknown, other: unknown, field: string): Wrong | undefined =>
  one !== undefined && other === undefined
    ? { path: [field], says: 'issuer and subject are given together' }
    : undefined
