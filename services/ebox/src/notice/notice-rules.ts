import { readFileSync } from 'node:fs';
import { BadConfiguration } from '@crossroads/configuration';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { MessageTypes } from '../publication/message-types.js';
import { NoticeSettings, OWN_NOTICE_RULES } from './notice.settings.js';
import { placeholdersOf } from './notice-text.rules.js';

const inAllLanguages = <Text extends z.ZodType>(text: Text) =>
  z.strictObject({ nl: text, fr: text, de: text, en: text });

const sentence = z.string().min(1).max(500);

const body = {
  /** In keys of messages: it must not change. */
  rule: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  messageType: z.string(),
  subject: inAllLanguages(sentence.max(200)),
  /** File names. */
  document: inAllLanguages(z.string().regex(/^[\w-]{1,100}\.txt$/)),
  /** Paragraphs. */
  text: inAllLanguages(z.array(sentence).min(1)),
};

const mutationRule = z.strictObject({
  ...body,
  when: z.strictObject({ mutation: z.strictObject({ dataService: z.string().min(1), fieldGroup: z.string().min(1) }) }),
});
const deliberationRule = z.strictObject({
  ...body,
  when: z.strictObject({ deliberation: z.literal('approved') }),
});

export type MutationRule = z.output<typeof mutationRule>;
export type DeliberationRule = z.output<typeof deliberationRule>;
export type NoticeRule = MutationRule | DeliberationRule;

const MUTATION_PLACEHOLDERS = ['institution', 'dataService', 'effectiveDay'];
const DELIBERATION_PLACEHOLDERS = [...MUTATION_PLACEHOLDERS, 'reference'];

/** Which messages the mesh itself publishes, and their texts: data of the service's own file or the operator's. */
@Injectable()
export class NoticeRules {
  readonly ofMutations: readonly MutationRule[];
  readonly ofDeliberations: readonly DeliberationRule[];

  /** @throws BadConfiguration naming everything that is wrong */
  constructor({ NOTICE_RULES_FILE: path = OWN_NOTICE_RULES }: NoticeSettings, types: MessageTypes) {
    const read = z.array(z.union([mutationRule, deliberationRule])).safeParse(jsonOf(path));
    if (!read.success) throw new BadConfiguration(read.error.issues.map(sentenceOf));
    const wrong = [...read.data.flatMap((rule) => problemsOf(rule, types)), ...repeatedNames(read.data)];
    if (wrong.length > 0) throw new BadConfiguration(wrong);
    this.ofMutations = read.data.filter((rule): rule is MutationRule => 'mutation' in rule.when);
    this.ofDeliberations = read.data.filter((rule): rule is DeliberationRule => 'deliberation' in rule.when);
  }
}

const problemsOf = ({ rule, when, messageType, subject, text }: NoticeRule, types: MessageTypes): string[] => {
  const known = 'mutation' in when ? MUTATION_PLACEHOLDERS : DELIBERATION_PLACEHOLDERS;
  const used = placeholdersOf([...Object.values(subject), ...Object.values(text).flat()]);
  const unknown = used.filter((name) => !known.includes(name));
  return [
    ...unknown.map(
      (name) => `Rule "${rule}" of NOTICE_RULES_FILE has the placeholder {${name}}; it may have ${known.join(', ')}.`,
    ),
    ...(types.has(messageType)
      ? []
      : [`Rule "${rule}" of NOTICE_RULES_FILE has the message type "${messageType}"; take one of MESSAGE_TYPES_FILE.`]),
  ];
};

const repeatedNames = (rules: readonly NoticeRule[]): string[] =>
  rules
    .filter(({ rule }, index) => rules.findIndex((other) => other.rule === rule) !== index)
    .map(({ rule }) => `Rule "${rule}" of NOTICE_RULES_FILE is there twice; each rule has its own name.`);

const sentenceOf = ({ path, message }: z.core.$ZodIssue): string =>
  `NOTICE_RULES_FILE is wrong at ${path.length > 0 ? path.join('.') : 'its beginning'}: ${message}.`;

const jsonOf = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};
