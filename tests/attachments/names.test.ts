import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dispositionFor, givenFileName, safeFileName } from '../../domains/attachments/file-name.ts'
import { readMediaType } from '../../domains/attachments/media-type.ts'

describe('the name of a file', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['Übersicht 2026.pdf', 'Übersicht 2026.pdf'],
    ['U\u0308bersicht.pdf', 'Übersicht.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\win.ini', 'win.ini'],
    ['a/..', 'attachment'],
    ['..', 'attachment'],
    ['', 'attachment'],
    ['   ', 'attachment'],
    ['.htaccess', 'htaccess'],
    ['a.exe. .', 'a.exe'],
    ['nul.txt', '_nul.txt'],
    ['COM1', '_COM1'],
    ['console.log', 'console.log'],
    ['a\r\nset-cookie: x=1', 'aset-cookie_ x=1'],
    ['a\0.pdf', 'a.pdf'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\u200bb\ufeff.txt', 'ab.txt'],
    ['<script>"|?*.html', '_script_____.html'],
    ['\ud800.txt', '\ufffd.txt'],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(251)}.pdf`],
    ['é'.repeat(200), 'é'.repeat(127)],
    [`a.${'x'.repeat(300)}`, `a.${'x'.repeat(253)}`],
  ])('%j is kept as %j', (given, kept) => {
    expect(safeFileName(given)).toBe(kept)
  })

  it('is of 1 to 255 bytes, no path, and stays what it is once it is safe', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        const name = safeFileName(given)
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
        expect(name).not.toMatch(/^$|^\.|[/\\]|[\p{Cc}\u202e]/u)
        expect(name.isWellFormed()).toBe(true)
        expect(safeFileName(name)).toBe(name)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['asked.txt', 'attachment; filename="other.txt"', 'asked.txt'],
    ['', 'attachment; filename="other.txt"', ''],
    [null, 'attachment; filename="a \\"b\\".txt"', 'a "b".txt'],
    [null, 'attachment; filename=plain.txt', 'plain.txt'],
    [null, 'attachment; FileName = plain.txt ; x=y', 'plain.txt'],
    [null, 'attachment; filename="e.txt"; filename*=UTF-8\'\'%e2%82%ac.txt', '€.txt'],
    [null, 'attachment; filename="e.txt"; filename*=UTF-8\'\'%ff', 'e.txt'],
    [null, `attachment; filename="${Buffer.from('ü.txt').toString('latin1')}"`, 'ü.txt'],
    [null, 'attachment; filename="\u00fc.txt"', 'ü.txt'],
    [null, 'inline', ''],
    [null, null, ''],
  ])('is read of the query %j and the header %j', (query, header, name) => {
    expect(givenFileName(query, header)).toBe(name)
  })

  it('is told in a header that is ASCII, holds one value, and is read as the name again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (given) => {
        const name = safeFileName(given)
        const header = dispositionFor(name)
        expect(header).toMatch(
          /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w.!#$&+^`|~%-]+$/,
        )
        expect(givenFileName(null, header)).toBe(name)
        expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(
          header,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a media type', () => {
  it.each([
    [null, 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['text/html', 'text/html'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['text/csv;header="present, \\"x"', null],
    ['application/vnd.api+json;profile="a b"', 'application/vnd.api+json;profile="a b"'],
    [`text/${'x'.repeat(250)}`, `text/${'x'.repeat(250)}`],
    [`text/${'x'.repeat(251)}`, null],
    ['text', null],
    ['text/', null],
    ['text/html, text/plain', null],
    ['text/html\r\nx: y', null],
    ['text/html; charset', null],
    ['text/hťml', null],
    ['multipart/form-data; boundary=x', null],
    ['Application/X-WWW-Form-Urlencoded', null],
    ['application/x-www-form-urlencoded-not', 'application/x-www-form-urlencoded-not'],
  ])('%j is kept as %j', (given, kept) => {
    const read = () => readMediaType(given)
    if (kept === null)
      expect(read).toThrow(expect.objectContaining({ code: 'ATTACHMENT_MEDIA_TYPE' }))
    else expect(read()).toBe(kept)
  })

  it('is refused in time that grows with its length alone', () => {
    const hostile = `a/${'b'.repeat(100)}${';c="'.repeat(31)}`
    expect(() => readMediaType(hostile)).toThrow()
  })
})
