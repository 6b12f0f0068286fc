import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadConfiguration } from '@crossroads/configuration';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MessageTypeSettings } from './message-types.settings.js';
import { MessageTypes } from './message-types.js';

describe('message types', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-message-types-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const typesOf = (content: string): MessageTypes => {
    const path = join(folder, 'types.json');
    writeFileSync(path, content);
    return new MessageTypes(new MessageTypeSettings({ MESSAGE_TYPES_FILE: path }));
  };
  const type = { messageType: 'RENT', title: { nl: 'Huur', fr: 'Loyer', de: 'Miete', en: 'Rent' } };

  it("are the service's own, or those of the operator's file instead", () => {
    expect(new MessageTypes(new MessageTypeSettings({})).has('CHILD_BENEFIT_DECISION')).toBe(true);
    const types = typesOf(JSON.stringify([type]));
    expect(types.all).toEqual([type]);
    expect(types.has('CHILD_BENEFIT_DECISION')).toBe(false);
  });

  it.each([
    ['no JSON', '['],
    ['no types', '[]'],
    ['a type twice', JSON.stringify([type, type])],
    ['a title without German', JSON.stringify([{ ...type, title: { nl: 'x', fr: 'x', en: 'x' } }])],
    ['a title without English', JSON.stringify([{ ...type, title: { nl: 'x', fr: 'x', de: 'x' } }])],
    ['an empty title', JSON.stringify([{ ...type, title: { ...type.title, en: '' } }])],
    ['a name in small letters', JSON.stringify([{ ...type, messageType: 'rent' }])],
  ])('a file with %s stops the start with a sentence', (_what, content) => {
    expect(() => typesOf(content)).toThrow(BadConfiguration);
  });
});
