import { expect, it } from 'vitest'
import { normaliseTime } from '../../domains/openlineage/time.ts'

it.each([
  ['2026-03-31T09:15:02Z', '2026-03-31T09:15:02.000000000Z'],
  ['2026-03-31T09:15:02.1Z', '2026-03-31T09:15:02.100000000Z'],
  ['2026-03-31t09:15:02.123456789z', '2026-03-31T09:15:02.123456789Z'],
  ['2020-12-28T19:52:00.001+10:00', '2020-12-28T09:52:00.001000000Z'],
  ['2024-11-26T13:05:23.809955+00:00', '2024-11-26T13:05:23.809955000Z'],
  ['2025-12-31T23:30:00-01:45', '2026-01-01T01:15:00.000000000Z'],
  ['2024-02-29T00:00:00+23:59', '2024-02-28T00:01:00.000000000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000000Z'],
  ['2016-12-31T23:59:60.5Z', '2016-12-31T23:59:60.500000000Z'],
  ['2017-01-01T09:59:60+10:00', '2016-12-31T23:59:60.000000000Z'],
  ['2026-03-31T09:15:02-00:00', '2026-03-31T09:15:02.000000000Z'],
])('gives %s as %s', (text, normalised) => {
  expect(normaliseTime(text)).toBe(normalised)
})

it.each([
  ['no offset', '2026-03-31T09:15:02'],
  ['no seconds', '2026-03-31T09:15Z'],
  ['no time', '2026-03-31'],
  ['ten fraction digits', '2026-03-31T09:15:02.1234567890Z'],
  ['an empty fraction', '2026-03-31T09:15:02.Z'],
  ['a day that is not', '2026-02-29T00:00:00Z'],
  ['a month that is not', '2026-13-01T00:00:00Z'],
  ['day nought', '2026-01-00T00:00:00Z'],
  ['an hour that is not', '2026-01-01T24:00:00Z'],
  ['a minute that is not', '2026-01-01T00:60:00Z'],
  ['a second that is not', '2026-01-01T23:59:61Z'],
  ['a leap second within a day', '2026-01-01T12:30:60Z'],
  ['an offset that is not', '2026-01-01T00:00:00+24:00'],
  ['an offset without a colon', '2026-01-01T00:00:00+0100'],
  ['a zone name after it', '2026-01-01T00:00:00+10:00[Australia/Sydney]'],
  ['before the year nought', '0000-01-01T00:00:00+01:00'],
  ['after the year 9999', '9999-12-31T23:59:59-01:00'],
  ['a space for T', '2026-01-01 00:00:00Z'],
  ['digits of another script', '２026-01-01T00:00:00Z'],
  ['a line after it', '2026-01-01T00:00:00Z\n'],
])('refuses a time with %s', (_what, text) => {
  expect(normaliseTime(text)).toBeUndefined()
})
