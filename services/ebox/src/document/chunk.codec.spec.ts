import { DocumentServiceService } from '@crossroads/contracts/document/v1/document_service';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { downloadDocument, openDocument } from './chunk.codec.js';

describe('the fast codec of chunks', () => {
  const content = fc.uint8Array({ maxLength: 300 });

  it.each([0, 1, 127, 128, 16_383, 16_384, 262_144])('writes what the generated one writes of %d bytes', (size) => {
    const response = { part: { $case: 'chunk' as const, value: Buffer.alloc(size, 7) } };
    const expected = MessageServiceService.downloadDocument.responseSerialize(response);
    expect(downloadDocument.responseSerialize(response).equals(expected)).toBe(true);
  });

  it('reads what the generated one reads, also of bytes that are no message', () => {
    const outcomeOf = (read: () => unknown) => {
      try {
        return { read: read() };
      } catch {
        return 'refused';
      }
    };
    const written = content.map((bytes) =>
      DocumentServiceService.openDocument.responseSerialize({ part: { $case: 'chunk', value: Buffer.from(bytes) } }),
    );
    const alike = fc
      .tuple(fc.constantFrom(0x0a, 0x12, 0x1a), fc.uint8Array({ maxLength: 20 }))
      .map(([tag, rest]) => Buffer.from([tag, ...rest]));
    fc.assert(
      fc.property(
        fc.oneof(
          written,
          alike,
          fc.tuple(written, alike).map((both) => Buffer.concat(both)),
        ),
        (bytes) => {
          const { responseDeserialize } = DocumentServiceService.openDocument;
          expect(outcomeOf(() => openDocument.responseDeserialize(bytes))).toEqual(
            outcomeOf(() => responseDeserialize(bytes)),
          );
        },
      ),
    );
  });
});
