import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import type { Language } from '../text/language.js';
import type { ContestForm } from './access-entries.js';
import { accessesTexts } from './accesses.texts.js';

/** What came of an objection. */
export type ContestNotice = 'contested' | 'tooLate';

export interface ContestProps {
  readonly language: Language;
  readonly form: ContestForm;
  readonly csrfToken: string;
}

/** Objects to a change of the person's numbers. */
export const ContestButton = ({ language, form, csrfToken }: ContestProps): VNode => {
  const t = accessesTexts(language);
  return (
    <form method="post" action={form.action}>
      <p class="govuk-body">{t('contestHint')}</p>
      <input type="hidden" name="csrf" value={csrfToken} />
      <input type="hidden" name="requestId" value={form.requestId} />
      <input type="hidden" name="proposalId" value={form.proposalId} />
      <Button text={t('contest')} kind="secondary" preventDoubleClick />
    </form>
  );
};
