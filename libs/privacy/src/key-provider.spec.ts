import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileKeyProvider } from './file-key-provider.js';
import { generateKeyFile } from './key-file.js';
import { KeyUnavailable } from './key-provider.js';

describe('keys from a file', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const write = async (name: string, content: unknown): Promise<FileKeyProvider> => {
    await writeFile(file(name), typeof content === 'string' ? content : JSON.stringify(content));
    return new FileKeyProvider(file(name));
  };
  const keysIn = async (name: string) =>
    (JSON.parse(await readFile(file(name), 'utf8')) as { keys: Readonly<Record<string, unknown>> }).keys;
  const base64 = (byte: number) => Buffer.alloc(32, byte).toString('base64');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are generated for missing names only, in a file that only its owner can read', async () => {
    await generateKeyFile(file('made'), ['a.v1']);
    const before = await keysIn('made');
    await generateKeyFile(file('made'), ['a.v1', 'b']);
    const after = await keysIn('made');
    expect(after['a.v1']).toEqual(before['a.v1']);
    expect(Object.keys(after)).toEqual(['a.v1', 'b']);
    expect((await stat(file('made'))).mode & 0o777).toBe(0o600);
  });

  it('give a data key that another process derives again from its id', async () => {
    await generateKeyFile(file('two'), ['crossroads.person.v1']);
    const { keyId, key } = await new FileKeyProvider(file('two')).newDataKey('crossroads.person.v1', 'person-registry');
    expect(keyId).toMatch(/^crossroads\.person\.v1\.[\w-]+\.person-registry\.\d+\.[\w-]{16}$/);
    expect(await new FileKeyProvider(file('two')).dataKey(keyId)).toEqual(key);
  });

  it('never include the same data key twice', async () => {
    const keys = await write('once', { version: 1, keys: { a: { current: '1', '1': base64(1) } } });
    const made = await Promise.all(Array.from({ length: 50 }, () => keys.newDataKey('a', 'p')));
    expect(new Set(made.map(({ key }) => key.toString('hex'))).size).toBe(50);
  });

  it('list the versions of a key, the current one first', async () => {
    const keys = await write('old', { version: 1, keys: { a: { '1': base64(1), '2': base64(2), current: '2' } } });
    expect((await keys.secrets('a')).map(({ kid }) => kid)).toEqual(['2', '1']);
    expect(await keys.secret('a')).toEqual(Buffer.alloc(32, 2));
  });

  it('include a version that was added after the file was read', async () => {
    const keys = await write('rotated', { version: 1, keys: { a: { current: '1', '1': base64(1) } } });
    await keys.secret('a');
    const other = await write('rotated', { version: 1, keys: { a: { current: '2', '1': base64(1), '2': base64(2) } } });
    const { keyId, key } = await other.newDataKey('a', 'p');
    expect(await keys.dataKey(keyId)).toEqual(key);
  });

  it.each<[string, unknown, RegExp]>([
    ['not JSON', '{"version":1,"keys":{"a":{"current":"1","1":"c2VjcmV0', /is not JSON$/],
    ['another version', { version: 2, keys: {} }, /must be \{ "version": 1/],
    ['no such name', { version: 1, keys: {} }, /no key "a" in/],
    ['no current version', { version: 1, keys: { a: { '1': base64(1) } } }, /no current version/],
    ['a short key', { version: 1, keys: { a: { current: '1', '1': 'c2hvcnQ=' } } }, /32 bytes in base64/],
  ])('name what is wrong with a file: %s', async (name, content, message) => {
    const keys = await write(`bad ${name}`, content);
    const failure = await keys.secret('a').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KeyUnavailable);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toMatch(/c2Vj|c2hv/);
  });

  it('report a missing file, and are read once it exists', async () => {
    const keys = new FileKeyProvider(file('later'));
    await expect(keys.secret('a')).rejects.toThrow(/cannot be read \(ENOENT\)/);
    await generateKeyFile(file('later'), ['a']);
    expect(await keys.secret('a')).toHaveLength(32);
  });

  it.each(['', 'a', 'a.1.p.7', 'a.b.c.d.e.f', '....'])('do not accept %j as the id of a data key', async (keyId) => {
    const keys = await write('ids', { version: 1, keys: { a: { current: '1', '1': base64(1) } } });
    await expect(keys.dataKey(keyId)).rejects.toThrow(KeyUnavailable);
  });

  it('do not accept a producer that would make the id ambiguous', async () => {
    const keys = await write('dots', { version: 1, keys: { a: { current: '1', '1': base64(1) } } });
    await expect(keys.newDataKey('a', 'x.y')).rejects.toThrow(TypeError);
  });
});
