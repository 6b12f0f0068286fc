import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MessageTypeSettings } from '../publication/message-types.settings.js';
import { MessageTypes } from '../publication/message-types.js';
import { NoticeSettings, OWN_NOTICE_RULES } from './notice.settings.js';
import { NoticeRules } from './notice-rules.js';

type Rule = Record<string, unknown> & { readonly text: Record<string, unknown> };

describe('the rules of notices', () => {
  const types = new MessageTypes(new MessageTypeSettings({}));
  const [own = { text: {} }, deliberation = { text: {} }] = JSON.parse(
    readFileSync(OWN_NOTICE_RULES, 'utf8'),
  ) as Rule[];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-notice-rules-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const rulesOf = (content: string): NoticeRules => {
    const path = join(folder, 'rules.json');
    writeFileSync(path, content);
    return new NoticeRules(new NoticeSettings({ NOTICE_RULES_FILE: path }), types);
  };

  it('are two that come with the service', () => {
    const { ofMutations, ofDeliberations } = new NoticeRules(new NoticeSettings({}), types);
    expect(ofMutations.map(({ rule, when }) => [rule, when.mutation.fieldGroup])).toEqual([
      ['change-of-address', 'address'],
    ]);
    expect(ofDeliberations.map(({ rule }) => rule)).toEqual(['new-deliberation']);
  });

  it('may be those of the operator', () => {
    expect(rulesOf(JSON.stringify([deliberation]))).toMatchObject({ ofMutations: [], ofDeliberations: [deliberation] });
  });

  it.each([
    ['no JSON', 'NOTICE_RULES_FILE is wrong at its beginning', '{'],
    [
      'a language without a text',
      'NOTICE_RULES_FILE is wrong at 0',
      JSON.stringify([{ ...own, subject: { nl: 'x' } }]),
    ],
    [
      'two rules of one name',
      'Rule "change-of-address" of NOTICE_RULES_FILE is there twice',
      JSON.stringify([own, own]),
    ],
    [
      'a placeholder that nothing fills',
      'Rule "change-of-address" of NOTICE_RULES_FILE has the placeholder {reference}; it may have institution,',
      JSON.stringify([{ ...own, text: { ...own.text, de: ['{reference}'] } }]),
    ],
    [
      'an unknown message type',
      'has the message type "NONE"; take one of MESSAGE_TYPES_FILE',
      JSON.stringify([{ ...own, messageType: 'NONE' }]),
    ],
  ])('are refused at start with %s', (_what, sentence, content) => {
    expect(() => rulesOf(content)).toThrow(sentence);
  });

  it('are sent in the name of an enterprise number', () => {
    expect(() => new NoticeSettings({ OPERATOR_ENTERPRISE_NUMBER: '0999000128' })).toThrow(
      'OPERATOR_ENTERPRISE_NUMBER must be an enterprise number',
    );
  });
});
