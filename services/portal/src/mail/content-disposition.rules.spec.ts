import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attachment, safeFileName, safeMediaType } from './content-disposition.rules.js';

describe('the name of a download', () => {
  it.each([
    ['decision.pdf', 'decision.pdf'],
    ['Décision 2026.pdf', 'Décision 2026.pdf'],
    ['../../etc/passwd', 'passwd'],
    [String.raw`C:\Windows\system.ini`, 'system.ini'],
    ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
    ['a\r\nset-cookie: x.pdf', 'aset-cookie_ x.pdf'],
    ['.htaccess', 'htaccess'],
    ['name. ', 'name'],
    ['CON.pdf', '_CON.pdf'],
    ['', 'document'],
    ['..', 'document'],
    ['\u{D800}.pdf', 'pdf'],
  ])('a document called %j is saved as %j', (name, saved) => expect(safeFileName(name)).toBe(saved));

  it('a long name is cut before its extension, and never within a character', () => {
    const saved = safeFileName(`${'é😀'.repeat(200)}.pdf`);
    expect(saved).toMatch(/^(é😀?)+\.pdf$/u);
    expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(200);
  });

  it('names of a message give one header with one name, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const header = attachment(name);
        expect(header).toMatch(
          /^attachment; filename="[\x20\x21\x23-\x24\x26-\x5B\x5D-\x7E]+"; filename\*=UTF-8''(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+$/,
        );
        const [, encoded = ''] = header.split("UTF-8''");
        const saved = decodeURIComponent(encoded);
        expect(saved).not.toMatch(/[\p{C}/\\]|^\.|[. ]$/u);
        expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(210);
      }),
    );
  });

  it('what is no media type is sent as bytes', () => {
    expect(safeMediaType('Application/PDF; charset=x')).toBe('application/pdf');
    for (const type of ['', 'text', 'text/html\r\nx: y', 'a/b/c', '<x>/y'])
      expect(safeMediaType(type)).toBe('application/octet-stream');
  });
});
