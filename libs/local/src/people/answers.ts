import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An XML element: its text, or its children by name. Names of attributes begin with `@`. */
export type Element = string | { readonly [name: string]: Element | readonly Element[] | undefined };

/** One file of a folder of answers, as `DOMAIN/SERVICE/VERSION/KEY.xml`. */
export type Answer =
  | { readonly reference: string; readonly content: Element | undefined; readonly exceptions: readonly string[] }
  | { readonly reference: string; readonly unreadable: UnreadableReason };

export type UnreadableReason = 'UNREADABLE_FILE' | 'FILE_TOO_LARGE' | 'UNKNOWN_ENCODING' | 'NOT_XML' | 'NO_ANSWER';

const MAX_BYTES = 4 * 1024 * 1024;

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
  ignoreDeclaration: true,
});

/**
 * Reads all answers of a service in every version, in the order of their file names: `Inhoud` as content, and the code of each
 * `Uitzondering`. Yields one answer for each file, and none when the folder does not have the service.
 */
export async function* readAnswers(folder: string, domain: string, service: string): AsyncGenerator<Answer> {
  const root = join(folder, domain, service);
  for (const version of await namesIn(root)) {
    const names = await namesIn(join(root, version));
    for (const [index, name] of names.entries()) {
      const file = join(root, version, name);
      if ((await stat(file).catch(() => undefined))?.isDirectory()) continue;
      yield { ...(await readAnswer(file)), reference: `${version}/${displayNameOf(name, index)}` };
    }
  }
}

/** Files are named after SSINs, which must not be in a report. */
const displayNameOf = (name: string, index: number): string => (/\d{6}/.test(name) ? `file ${index + 1}` : name);

const namesIn = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch {
    return [];
  }
};

type Read =
  | { readonly content: Element | undefined; readonly exceptions: readonly string[] }
  | { readonly unreadable: UnreadableReason };

const readAnswer = async (file: string): Promise<Read> => {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return { unreadable: 'UNREADABLE_FILE' };
  return answerOf(bytes);
};

const answerOf = (bytes: Buffer): Read => {
  if (bytes.length > MAX_BYTES) return { unreadable: 'FILE_TOO_LARGE' };
  const text = decoded(bytes);
  if (text === undefined) return { unreadable: 'UNKNOWN_ENCODING' };
  // Entity definitions could expand without limit, and no answer has any.
  if (/<!(DOCTYPE|ENTITY)/i.test(text) || XMLValidator.validate(text) !== true) return { unreadable: 'NOT_XML' };
  let root: Element;
  try {
    // With these settings the parser returns only texts, objects and arrays.
    root = parser.parse(text) as Element;
  } catch {
    return { unreadable: 'NOT_XML' };
  }
  const answer = find(root, 'Antwoord', 0);
  if (answer === undefined) return { unreadable: 'NO_ANSWER' };
  const exceptions = elements(answer, 'Uitzonderingen', 'Uitzondering').map(
    (one) => textOf(one, 'Identificatie') ?? '',
  );
  return { content: element(answer, 'Inhoud'), exceptions };
};

/** Decodes by the byte order mark, else by the XML declaration, else as UTF-8. */
const decoded = (bytes: Buffer): string | undefined => {
  const declared = /encoding\s*=\s*["']([\w-]+)["']/.exec(bytes.subarray(0, 200).toString('latin1'))?.[1];
  const marked =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined;
  try {
    return new TextDecoder(marked ?? declared ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** How many levels of envelopes are searched for an answer. */
const MAX_DEPTH = 12;

const find = (from: Element | undefined, name: string, depth: number): Element | undefined => {
  if (typeof from !== 'object' || depth > MAX_DEPTH) return undefined;
  const here = first(from[name]);
  if (here !== undefined) return here;
  for (const child of Object.values(from)) {
    const found = find(first(child), name, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};

const first = (value: Element | readonly Element[] | undefined): Element | undefined =>
  isList(value) ? value[0] : value;

const isList = (value: Element | readonly Element[] | undefined): value is readonly Element[] => Array.isArray(value);

/** All elements at a path. */
export const elements = (from: Element | undefined, ...path: readonly string[]): readonly Element[] => {
  const [name, ...rest] = path;
  if (name === undefined) return from === undefined ? [] : [from];
  if (typeof from !== 'object') return [];
  const found = from[name];
  const list = found === undefined ? [] : isList(found) ? found : [found];
  return list.flatMap((one) => elements(one, ...rest));
};

export const element = (from: Element | undefined, ...path: readonly string[]): Element | undefined =>
  elements(from, ...path)[0];

/** The text of the first element at a path. */
export const textOf = (from: Element | undefined, ...path: readonly string[]): string | undefined => {
  const found = element(from, ...path);
  const text = typeof found === 'object' ? first(found['#text']) : found;
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined;
};

export const attribute = (from: Element | undefined, name: string): string | undefined => textOf(from, `@${name}`);
