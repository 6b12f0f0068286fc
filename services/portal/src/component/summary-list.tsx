import type { ComponentChildren, VNode } from 'preact';
import { classNames } from './class-names.js';
import { linkTo } from './href.js';

interface SummaryAction {
  readonly href: string;
  readonly text: string;
  /** Says to those who hear the page what the action is about. */
  readonly hidden?: string;
}

export interface SummaryRow {
  readonly key: ComponentChildren;
  readonly value: ComponentChildren;
  readonly actions?: readonly SummaryAction[];
}

export interface SummaryListProps {
  readonly rows: readonly SummaryRow[];
  readonly noBorder?: boolean;
  /** In a card with this title. */
  readonly card?: {
    readonly title: string;
    readonly headingLevel?: 2 | 3 | 4;
    readonly actions?: readonly SummaryAction[];
  };
}

/** Facts by name. */
export const SummaryList = ({ rows, noBorder, card }: SummaryListProps): VNode => {
  const anyActions = rows.some(({ actions }) => actions?.length);
  const list = (
    <dl class={classNames('govuk-summary-list', noBorder && 'govuk-summary-list--no-border')}>
      {rows.map(({ key, value, actions }, index) => (
        <div
          class={classNames('govuk-summary-list__row', anyActions && !actions && 'govuk-summary-list__row--no-actions')}
          // oxlint-disable-next-line react/no-array-index-key -- rendered once
          key={index}
        >
          <dt class="govuk-summary-list__key">{key}</dt>
          <dd class="govuk-summary-list__value">{value}</dd>
          {actions?.length ? (
            <dd class="govuk-summary-list__actions">
              <Actions
                actions={actions}
                card={card?.title}
                list="govuk-summary-list__actions-list"
                item="govuk-summary-list__actions-list-item"
              />
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  );
  if (!card) return list;
  const Heading = `h${card.headingLevel ?? 2}` as const;
  const { actions = [] } = card;
  return (
    <div class="govuk-summary-card">
      <div class="govuk-summary-card__title-wrapper">
        <Heading class="govuk-summary-card__title">{card.title}</Heading>
        {actions.length === 1 ? (
          <div class="govuk-summary-card__actions">
            <Actions actions={actions} card={card.title} list="" item="" />
          </div>
        ) : (
          <Actions
            actions={actions}
            card={card.title}
            list="govuk-summary-card__actions"
            item="govuk-summary-card__action"
          />
        )}
      </div>
      <div class="govuk-summary-card__content">{list}</div>
    </div>
  );
};

interface ActionsProps {
  readonly actions: readonly SummaryAction[];
  readonly card: string | undefined;
  readonly list: string;
  readonly item: string;
}

/** A list only of more than one. */
const Actions = ({ actions, card, list, item }: ActionsProps): VNode | null => {
  const linkOf = ({ href, text, hidden }: SummaryAction): VNode => (
    <a class="govuk-link" {...linkTo(href)}>
      {text}
      {(hidden || card) && (
        <span class="govuk-visually-hidden">
          {hidden && ` ${hidden}`}
          {card && ` (${card})`}
        </span>
      )}
    </a>
  );
  const [only, ...others] = actions;
  if (!only) return null;
  if (others.length === 0) return linkOf(only);
  return (
    <ul class={list}>
      {actions.map((action) => (
        <li class={item} key={action.href}>
          {linkOf(action)}
        </li>
      ))}
    </ul>
  );
};
