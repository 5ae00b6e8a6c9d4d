import type { Attack, Theme } from './attack.ts'
import { acme, SECRET, type World } from './world.ts'

const sending = (w: World, query: string, headers = {}, body = 'a file') =>
  w.post(`/attachments${query}`, 'mallory', body, { 'content-type': 'text/plain', ...headers })

const READING: Attack[] = [
  [
    'its link',
    (w, pick) => w.get(`/attachments/${pick(w.attached)}`, 'mallory'),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
  [
    'its link, encoded',
    (w, pick) => w.get(`/attachments/${encodeURIComponent(pick(w.attached))}`, 'mallory'),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
  [
    'its link, as an export',
    (w, pick) => w.get(`/exports/${pick(w.attached)}`, 'mallory'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a part of it',
    (w, pick) => w.get(`/attachments/${pick(w.attached)}`, 'mallory', { range: 'bytes=0-3' }),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
  [
    'whether it has changed',
    (w, pick) => w.get(`/attachments/${pick(w.attached)}`, 'mallory', { 'if-none-match': '*' }),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
  [
    'it, with its owner in the header',
    (w, pick) =>
      w.get(`/attachments/${pick(w.attached)}`, 'mallory', { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'it, without a token',
    (w, pick) => w.send({ path: `/attachments/${pick(w.attached)}` }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'it by its hash',
    (w, pick) => w.get(`/attachments/${pick(w.attachedHash, 'a'.repeat(64))}`, 'mallory'),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
  ['a dataset as a file', (w) => w.get(`/attachments/${w.raw}`, 'acme'), 404, 'ATTACHMENT_UNKNOWN'],
  [
    'the file of an export',
    (w) => w.get(`/attachments/${w.exported}`, 'acme'),
    404,
    'ATTACHMENT_UNKNOWN',
  ],
]

const SENDING: Attack[] = [
  [
    'to the entity of another',
    (w, pick) => sending(w, `?to=${encodeURIComponent(pick(w.raw))}`),
    400,
    'UNKNOWN_NEIGHBOUR',
  ],
  [
    'to the attachment of another',
    (w, pick) => sending(w, `?to=${encodeURIComponent(pick(w.attached))}`),
    400,
    'UNKNOWN_NEIGHBOUR',
  ],
  ['to what is no id', (w) => sending(w, '?to=%00../../x'), 400, 'ENTITY_ID_INVALID'],
  [
    'for another, by the header',
    (w) => sending(w, '', { 'x-selvedge-tenant': acme }),
    401,
    'TENANT_CONFLICT',
  ],
  [
    'as a form, as any page could',
    (w) => sending(w, '', { 'content-type': 'multipart/form-data; boundary=x' }),
    415,
    'ATTACHMENT_MEDIA_TYPE',
  ],
  [
    'as a type that ends its line',
    (w) => sending(w, '', { 'content-type': 'text/html;x="\u00ff"; charset=\u00e9' }),
    415,
    'ATTACHMENT_MEDIA_TYPE',
  ],
  [
    'compressed, to be inflated here',
    (w) => sending(w, '', { 'content-encoding': 'gzip' }),
    415,
    'ATTACHMENT_ENCODING',
  ],
  [
    'with the hash of another',
    (w) =>
      sending(w, '', {
        'content-digest': `sha-256=:${Buffer.from(w.attachedHash, 'hex').toString('base64')}:`,
      }),
    400,
    'ATTACHMENT_DIGEST_MISMATCH',
  ],
  [
    'with a length that is too great',
    (w) => sending(w, '', { 'content-length': '999999999999', connection: 'close' }),
    413,
    'ATTACHMENT_TOO_LARGE',
  ],
  [
    'with a key that is too long',
    (w) => sending(w, '', { 'idempotency-key': `${SECRET.length}`.repeat(300) }),
    400,
    'IDEMPOTENCY_KEY_INVALID',
  ],
]

export const ATTACHMENTS: readonly Theme[] = [
  { theme: 'tenant confusion by the link of an attachment', attacks: READING },
  { theme: 'attachments sent where they do not belong', attacks: SENDING },
]
