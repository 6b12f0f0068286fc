import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { Checkboxes } from '../component/checkboxes.js';
import { DateInput } from '../component/date-input.js';
import { Details } from '../component/details.js';
import { ErrorSummary } from '../component/error-summary.js';
import { Input } from '../component/input.js';
import { InsetText } from '../component/inset-text.js';
import { Link } from '../component/link.js';
import { NotificationBanner } from '../component/notification-banner.js';
import { Pagination, type PaginationLink } from '../component/pagination.js';
import { Radios } from '../component/radios.js';
import { Select, type SelectOption } from '../component/select.js';
import { Table } from '../component/table.js';
import { Tag } from '../component/tag.js';
import { FormFields } from '../page/form-fields.js';
import { dayParts } from '../page/form-input.rules.js';
import { hrefOf } from '../page/href.js';
import { formatDayOf } from '../text/format.js';
import type { Language } from '../text/language.js';
import { Foreign } from './foreign.page.js';
import { type FilterField, type FilterProblems, isFiltered, type MailFilter } from './mail-filter.rules.js';
import type { Done, MailboxLine } from './mail-list.rules.js';
import { MailboxList } from './mailbox-list.page.js';
import { mailTexts } from './mail.texts.js';
import type { MailboxChoice } from './mailbox-choice.rules.js';
import type { MessageLine } from './message.rules.js';

export interface MailListView {
  readonly csrfToken: string;
  readonly choice: MailboxChoice;
  readonly mailboxes: readonly MailboxLine[];
  readonly consented: boolean;
  readonly filter: MailFilter;
  readonly problems: FilterProblems;
  /** Its words were sealed in another browser. */
  readonly searchLost: boolean;
  readonly senders: readonly SelectOption[];
  readonly types: readonly SelectOption[];
  readonly messages: readonly MessageLine[];
  /** Not the newest ones. */
  readonly isLaterPage: boolean;
  readonly newest: PaginationLink | undefined;
  readonly older: PaginationLink | undefined;
  readonly done: Done | undefined;
}

const DONE_TEXTS = {
  unread: 'doneUnread',
  read: 'doneRead',
  hidden: 'doneHidden',
  shown: 'doneShown',
  consent: 'doneConsent',
} as const satisfies Record<Done, string>;

export const MailListPage = ({
  language,
  view,
}: {
  readonly language: Language;
  readonly view: MailListView;
}): VNode => {
  const t = mailTexts(language);
  const { problems, choice, filter, done } = view;
  const errors = Object.entries(problems).map(([field, problem]) => ({
    id: field === 'from' || field === 'to' ? `${field}-day` : field,
    text: t(problem),
  }));
  return (
    <>
      {errors.length > 0 && <ErrorSummary language={language} errors={errors} />}
      {done && <NotificationBanner language={language} success text={t(DONE_TEXTS[done])} />}
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('intro')}</p>
      <ul class="govuk-list">
        <li>
          <Link href={hrefOf(language, '/accesses', { kind: 'mail' })}>{t('openings')}</Link>
        </li>
        <li>
          <Link href={hrefOf(language, '/mail/settings', { ...choice })}>{t('settings')}</Link>
        </li>
      </ul>
      {view.mailboxes.length > 1 && <MailboxList language={language} mailboxes={view.mailboxes} />}
      {!view.consented && <InsetText>{t('withdrawn')}</InsetText>}
      {view.searchLost && <InsetText>{t('searchLost')}</InsetText>}
      <Details summary={t('filter')} open={isFiltered(filter) || filter.hidden || errors.length > 0 || view.searchLost}>
        <FilterForm language={language} view={view} />
      </Details>
      <h2 class="govuk-heading-l">{t(filter.hidden ? 'hiddenList' : 'list')}</h2>
      <Messages language={language} view={view} />
      {(view.newest ?? view.older) && <Pagination language={language} previous={view.newest} next={view.older} />}
    </>
  );
};

const FilterForm = ({ language, view }: { readonly language: Language; readonly view: MailListView }): VNode => {
  const t = mailTexts(language);
  const { filter, problems, choice, csrfToken } = view;
  const errorOf = (field: FilterField): string | undefined => {
    const problem = problems[field];
    return problem && t(problem);
  };
  return (
    <form method="post" action={hrefOf(language, '/mail')} noValidate>
      <FormFields csrfToken={csrfToken} values={{ ...choice }} />
      <Input
        language={language}
        name="words"
        label={t('words')}
        hint={t('wordsHint')}
        value={filter.words}
        error={errorOf('words')}
        type="search"
        autocomplete="off"
        spellcheck={false}
      />
      <Radios
        language={language}
        name="read"
        legend={t('read')}
        value={filter.read}
        small
        inline
        choices={[
          { value: '', text: t('all') },
          { value: 'unread', text: t('onlyUnread') },
          { value: 'read', text: t('onlyRead') },
        ]}
      />
      <Select
        language={language}
        name="sender"
        label={t('sender')}
        value={filter.sender}
        error={errorOf('sender')}
        options={[{ value: '', text: t('all') }, ...view.senders]}
      />
      <Select
        language={language}
        name="type"
        label={t('type')}
        value={filter.type}
        options={[{ value: '', text: t('all') }, ...view.types]}
      />
      <DateInput
        language={language}
        name="from"
        legend={t('from')}
        hint={t('dayHint')}
        values={dayParts(filter.from)}
        error={errorOf('from')}
      />
      <DateInput
        language={language}
        name="to"
        legend={t('to')}
        hint={t('dayHint')}
        values={dayParts(filter.to)}
        error={errorOf('to')}
      />
      <Checkboxes
        language={language}
        name="registered"
        legend={t('registered')}
        values={filter.registered ? ['yes'] : []}
        small
        choices={[{ value: 'yes', text: t('registeredOnly') }]}
      />
      <Checkboxes
        language={language}
        name="hidden"
        legend={t('hidden')}
        values={filter.hidden ? ['yes'] : []}
        small
        choices={[{ value: 'yes', text: t('hiddenOnly') }]}
      />
      <Button text={t('apply')} />
      <p class="govuk-body">
        <Link href={hrefOf(language, '/mail', { ...choice })}>{t('clear')}</Link>
      </p>
    </form>
  );
};

const Messages = ({ language, view }: { readonly language: Language; readonly view: MailListView }): VNode => {
  const t = mailTexts(language);
  const { messages, filter, choice } = view;
  if (messages.length === 0) {
    if (view.isLaterPage) return <p class="govuk-body">{t('noneOnPage')}</p>;
    return <p class="govuk-body">{t(isFiltered(filter) || filter.hidden ? 'noneFound' : 'none')}</p>;
  }
  return (
    <Table
      stacked
      columns={[{ header: t('received') }, { header: t('subject') }, { header: t('sender') }]}
      rows={messages.map((message) => [
        message.receivedAt ? formatDayOf(language, message.receivedAt) : '',
        <Subject language={language} message={message} choice={choice} />,
        <bdi>{message.sender}</bdi>,
      ])}
    />
  );
};

const Subject = ({
  language,
  message,
  choice,
}: {
  readonly language: Language;
  readonly message: MessageLine;
  readonly choice: MailboxChoice;
}): VNode => {
  const t = mailTexts(language);
  const { messageId, subject, unread, registered, type, payment, payBy, expiresOn } = message;
  return (
    <>
      {unread && (
        <>
          <Tag text={t('unread')} />{' '}
        </>
      )}
      <Link href={hrefOf(language, `/mail/${messageId}`, { ...choice })}>
        {subject ? <Foreign text={subject} /> : t('noSubject')}
      </Link>
      {type && (
        <>
          <br />
          <Foreign text={type} />
        </>
      )}
      {registered && (
        <>
          <br />
          {t('registered')}
        </>
      )}
      {payment && (
        <>
          <br />
          {payBy ? t('toPayBy', { amount: payment, day: payBy }) : t('toPay', { amount: payment })}
        </>
      )}
      {expiresOn && (
        <>
          <br />
          {t('openUntil', { day: expiresOn })}
        </>
      )}
    </>
  );
};
