import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownloadDocumentResponse } from '@crossroads/contracts/ebox/v1/message_service';
import { RemoteError, status } from '@crossroads/grpc';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf, saveDocument } from './document-file.js';

const content = Buffer.from('%PDF-1.7 of forty-two pages');
const sha256 = createHash('sha256').update(content).digest();

const header = (size = BigInt(content.length), digest = sha256): DownloadDocumentResponse => ({
  part: {
    $case: 'header',
    value: { name: 'letter.pdf', mediaType: 'application/pdf', size, sha256: digest, ticket: 't' },
  },
});
const chunk = (value: Buffer): DownloadDocumentResponse => ({ part: { $case: 'chunk', value } });

async function* stream(
  parts: readonly DownloadDocumentResponse[],
  end: () => void = () => {},
): AsyncGenerator<DownloadDocumentResponse> {
  yield* parts;
  end();
}

describe('a document that is downloaded', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-download-'));
    path = join(folder, 'letter.pdf');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const save = (parts: readonly DownloadDocumentResponse[], end?: () => void) =>
    saveDocument(stream(parts, end), () => path);

  it('is in its file once it came whole, in place of what was there', async () => {
    writeFileSync(path, 'an older letter');
    const came = await save([header(), chunk(content.subarray(0, 9)), chunk(content.subarray(9))]);
    expect(came.name).toBe('letter.pdf');
    expect(readFileSync(path)).toEqual(content);
    expect(await digestOf(path)).toEqual({ size: BigInt(content.length), sha256 });
    expect(readdirSync(folder)).toEqual(['letter.pdf']);
  });

  it('is not there under its name while it comes', async () => {
    await save([header(), chunk(content)], () =>
      expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.part$/)]),
    );
  });

  it.each<readonly [string, DownloadDocumentResponse[], string]>([
    ['is changed', [header(), chunk(Buffer.from(content).fill('x', 3, 4))], 'changed'],
    ['is shorter', [header(), chunk(content.subarray(1))], 'shorter'],
    ['is longer', [header(), chunk(content), chunk(Buffer.from('x'))], 'longer'],
    ['has no header', [chunk(content)], 'without a header'],
    ['has two headers', [header(), header()], 'second header'],
    ['is nothing', [], 'without a header'],
  ])('leaves what was there, and nothing else, when it %s', async (_, parts, why) => {
    writeFileSync(path, 'an older letter');
    await expect(save(parts)).rejects.toMatchObject({ name: 'BadDocument', message: expect.stringContaining(why) });
    expect(readFileSync(path, 'utf8')).toBe('an older letter');
    expect(readdirSync(folder)).toEqual(['letter.pdf']);
  });

  it('is not there when its stream ends with an error, even after the last byte', async () => {
    const lost = new RemoteError(status.DATA_LOSS, 'changed', 'DOCUMENT_CHANGED', '', {}, [], undefined);
    const cut = save([header(), chunk(content)], () => {
      throw lost;
    });
    await expect(cut).rejects.toBe(lost);
    expect(readdirSync(folder)).toEqual([]);
  });
});
