import type { VNode } from 'preact';
import { BackLink } from '../src/component/back-link.js';
import { Breadcrumbs } from '../src/component/breadcrumbs.js';
import { Button, ButtonLink } from '../src/component/button.js';
import { Checkboxes } from '../src/component/checkboxes.js';
import { DateInput } from '../src/component/date-input.js';
import { Details } from '../src/component/details.js';
import { ErrorSummary } from '../src/component/error-summary.js';
import { Input } from '../src/component/input.js';
import { InsetText } from '../src/component/inset-text.js';
import { Link } from '../src/component/link.js';
import { Notice } from '../src/component/notice.js';
import { NotificationBanner } from '../src/component/notification-banner.js';
import { Pagination } from '../src/component/pagination.js';
import { Radios } from '../src/component/radios.js';
import { Select } from '../src/component/select.js';
import { SummaryList } from '../src/component/summary-list.js';
import { Table } from '../src/component/table.js';
import { Tag } from '../src/component/tag.js';
import { WarningText } from '../src/component/warning-text.js';
import { Page } from '../src/page/layout.page.js';
import type { Language } from '../src/text/language.js';

interface SampleProps {
  readonly language: Language;
  /** Stands in every prop that takes text of others. */
  readonly text: string;
  /** In every prop that takes a link. */
  readonly href: string;
}

/** A page with every component of the portal. */
export const SamplePage = ({ language, text, href }: SampleProps): VNode => (
  <Page
    language={language}
    title={text}
    path="/mail"
    search=""
    session={{ name: text, csrfToken: text, endsAt: new Date('2026-11-28T10:00:00Z') }}
  >
    <BackLink language={language} href={href} text={text} />
    <Breadcrumbs language={language} items={[{ text, href }, { text: `${text}.` }]} />
    <ErrorSummary language={language} description={text} errors={[{ text, id: 'since' }]} />
    <NotificationBanner language={language} text={text} success />
    <h1 class="govuk-heading-l">{text}</h1>
    <p class="govuk-body">
      <Link href={href} hidden={text}>
        {text}
      </Link>{' '}
      <Tag text={text} /> <Tag text={text} colour="green" /> <Tag text={text} colour="red" />{' '}
      <Tag text={text} colour="yellow" /> <Tag text={text} colour="grey" />
    </p>
    <InsetText>{text}</InsetText>
    <Notice text={text} />
    <WarningText language={language}>{text}</WarningText>
    <Details summary={text} open>
      {text}
    </Details>
    <SummaryList
      card={{ title: text, actions: [{ href, text }] }}
      rows={[
        { key: text, value: text, actions: [{ href, text, hidden: text }] },
        { key: text, value: text },
      ]}
    />
    <Table
      caption={text}
      captionSize="m"
      columns={[{ header: text }, { header: text }, { header: text, numeric: true }]}
      rows={[[text, text, '12']]}
      firstCellIsHeader
      stacked
    />
    <form method="post" action="/en/mail">
      <Input language={language} name="name" label={text} hint={text} error={text} value={text} autocomplete="off" />
      <Select language={language} name="which" label={text} value={text} options={[{ value: text, text }]} />
      <Checkboxes
        language={language}
        name="some"
        legend={text}
        choices={[
          { value: text, text, hint: text },
          { value: `${text}.`, text },
        ]}
        values={[text]}
      />
      <Radios
        language={language}
        name="one"
        legend={text}
        choices={[{ value: text, text }]}
        value={text}
        small
        inline
      />
      <DateInput language={language} name="since" legend={text} hint={text} error={text} values={{ day: text }} />
      <Button text={text} name="do" value={text} preventDoubleClick /> <Button text={text} kind="secondary" />{' '}
      <Button text={text} kind="warning" /> <ButtonLink text={text} href={href} start />
    </form>
    <Pagination language={language} previous={{ href, label: text }} next={{ href }} />
  </Page>
);
