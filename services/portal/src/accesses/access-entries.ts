import { newRequestId } from '@crossroads/grpc';
import { formatInstant, formatTime } from '../text/format.js';
import type { Language } from '../text/language.js';
import { type AccessLine, contestable, groupsOf, type LineGroup } from './access-line.rules.js';
import type { Sentences } from './access-sentence.js';

type LineTag = 'tagRefused' | 'tagUnknown' | 'tagUnderWay' | 'tagLost' | 'tagRepeat';

/** One line, as it is shown below the sentence of its group. */
export interface ShownLine {
  readonly href: string;
  readonly at: string;
  readonly instant: string;
  readonly role: string;
  readonly tags: readonly LineTag[];
}

/** The form by which the person objects to a change of their numbers. */
export interface ContestForm {
  readonly action: string;
  readonly proposalId: string;
  /** Of this form: sent twice, it objects once. */
  readonly requestId: string;
}

/** One entry of the page: a line, or several that one sentence tells. */
export interface Entry {
  readonly sentence: string;
  readonly lines: readonly [ShownLine, ...ShownLine[]];
  readonly contest: ContestForm | undefined;
}

export const entriesOf = (
  lines: readonly AccessLine[],
  language: Language,
  sentences: Sentences,
  now: Date,
): readonly Entry[] => {
  const forms = contestable(lines, now);
  return groupsOf(lines).map((group): Entry => {
    const [first, ...others] = group;
    const proposalId = forms.get(first.id);
    return {
      sentence: sentences.of(group),
      lines: [shownLine(language, first, group), ...others.map((line) => shownLine(language, line, group))],
      contest: proposalId === undefined ? undefined : contestForm(language, first.id, proposalId),
    };
  });
};

export const contestForm = (language: Language, lineId: string, proposalId: string): ContestForm => ({
  action: `/${language}/accesses/${lineId}/contest`,
  proposalId,
  requestId: newRequestId(),
});

/** The day stands in the sentence; in a group only the time tells lines apart. */
const shownLine = (language: Language, line: AccessLine, group: LineGroup): ShownLine => ({
  href: `/${language}/accesses/${line.id}`,
  at: group.length > 1 ? formatTime(language, line.time) : formatInstant(language, line.time),
  instant: line.time.toISOString(),
  role: line.role,
  tags: tagsOf(line),
});

const RESULT_TAGS = { refused: 'tagRefused', unknown: 'tagUnknown', underWay: 'tagUnderWay' } as const;

const tagsOf = ({ kind, result, lost, repeatOf }: AccessLine): readonly LineTag[] => {
  const tags: LineTag[] = [];
  if (kind !== 'erased' && result !== 'answered') tags.push(RESULT_TAGS[result]);
  if (repeatOf !== '') tags.push('tagRepeat');
  if (lost) tags.push('tagLost');
  return tags;
};
