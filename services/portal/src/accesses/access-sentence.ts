import type { Vocabulary } from '../vocabulary/vocabulary.js';
import { formatDayOf, formatList } from '../text/format.js';
import type { Language } from '../text/language.js';
import { dataOf, type LineGroup, type NamedData, reasonOf, storyOf } from './access-line.rules.js';
import { sentenceTexts } from './access-sentence.texts.js';

const SERVICE = 'service:';

/** Puts lines of the list in words. */
export class Sentences {
  private readonly t: ReturnType<typeof sentenceTexts>;

  constructor(
    private readonly language: Language,
    private readonly vocabulary: Vocabulary,
  ) {
    this.t = sentenceTexts(language);
  }

  /** What happened, once or several times, as one sentence to the person. */
  of(lines: LineGroup): string {
    const [line] = lines;
    const { language, t } = this;
    return t(storyOf(line), {
      count: lines.length,
      institution: this.institution(line.institution, line.institutionName),
      data: this.data(dataOf(lines)),
      date: formatDayOf(language, line.time),
      purpose: this.purpose(line.purpose),
      reason: this.reason(reasonOf(line)),
      context: this.context(line.inscription?.context ?? ''),
      what: line.mail?.what ?? '',
      sender: this.institution(line.mail?.sender ?? ''),
      effective: formatDayOf(language, line.proposal?.effectiveTime ?? line.time),
    });
  }

  /** @param name as the list gives it, which may know institutions that left the policy */
  institution(number: string, name = ''): string {
    if (number === '') return this.t('institutionMissing');
    if (number.startsWith(SERVICE)) return this.t('service', { code: number.slice(SERVICE.length) });
    return name === '' ? this.vocabulary.institution(number) : name;
  }

  purpose(legalContext: string): string {
    if (legalContext === '') return this.t('purposeMissing');
    const { phrase } = this.vocabulary.legalContext(legalContext);
    return phrase === legalContext ? this.t('purposeCode', { code: legalContext }) : phrase;
  }

  reason(reason: string): string {
    return reason === '' ? this.t('reasonMissing') : this.vocabulary.reason(reason).phrase;
  }

  context(context: string): string {
    if (context === '') return this.t('contextMissing');
    const { phrase } = this.vocabulary.inscriptionContext(context);
    return phrase === context ? this.t('contextCode', { code: context }) : phrase;
  }

  data(named: readonly NamedData[]): string {
    if (named.length === 0) return this.t('dataMissing');
    // Two groups of different data services may have the same words.
    return formatList(this.language, [...new Set(named.map((one) => this.named(one)))]);
  }

  private named({ dataService, fieldGroup }: NamedData): string {
    const code = fieldGroup ?? dataService;
    const words =
      fieldGroup === undefined
        ? this.vocabulary.dataService(dataService)
        : this.vocabulary.fieldGroup(dataService, fieldGroup);
    return words.phrase === code ? this.t('dataCode', { code }) : words.phrase;
  }
}
