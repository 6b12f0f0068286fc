import type { VNode } from 'preact';
import { z } from 'zod';
import { BackLink } from '../src/component/back-link.js';
import { Breadcrumbs } from '../src/component/breadcrumbs.js';
import { Button, ButtonLink } from '../src/component/button.js';
import { Checkboxes } from '../src/component/checkboxes.js';
import { DateInput } from '../src/component/date-input.js';
import { Details } from '../src/component/details.js';
import { ErrorMessage } from '../src/component/error-message.js';
import { ErrorSummary } from '../src/component/error-summary.js';
import { Fieldset } from '../src/component/fieldset.js';
import { Header } from '../src/component/header.js';
import { Hint } from '../src/component/hint.js';
import { Input, type InputProps } from '../src/component/input.js';
import { InsetText } from '../src/component/inset-text.js';
import { Label } from '../src/component/label.js';
import { NotificationBanner } from '../src/component/notification-banner.js';
import { Pagination } from '../src/component/pagination.js';
import { Radios } from '../src/component/radios.js';
import { Select } from '../src/component/select.js';
import { ServiceNavigation } from '../src/component/service-navigation.js';
import { SkipLink } from '../src/component/skip-link.js';
import { SummaryList } from '../src/component/summary-list.js';
import { Table } from '../src/component/table.js';
import { Tag } from '../src/component/tag.js';
import { WarningText } from '../src/component/warning-text.js';

const language = 'en' as const;
const text = z.string();
const value = z.union([z.string(), z.number()]).transform(String);
const said = z.strictObject({ text });
const sizes = <Block extends string>(block: Block) =>
  z
    .templateLiteral([`${block}--`, z.enum(['s', 'm', 'l', 'xl'])])
    .transform((name) => name.slice(block.length + 2) as 's');
const label = z.strictObject({ text, classes: sizes('govuk-label').optional(), isPageHeading: z.boolean().optional() });
const legend = z.strictObject({
  text,
  classes: sizes('govuk-fieldset__legend').optional(),
  isPageHeading: z.boolean().optional(),
});
const control = {
  name: text,
  hint: said.optional(),
  errorMessage: said.optional(),
};
const kinds = z.enum(['govuk-button--secondary', 'govuk-button--warning']);
const action = z.strictObject({ href: text, text, visuallyHiddenText: text.optional() });
const actions = z.strictObject({ items: z.array(action) });
const link = z.strictObject({ href: text, labelText: text.optional() });

/** With what is undefined left out, as `exactOptionalPropertyTypes` wants it. */
const given = <Props extends object>(props: Props) =>
  Object.fromEntries(Object.entries(props).filter(([, one]) => one !== undefined)) as {
    [Key in keyof Props]: Exclude<Props[Key], undefined>;
  };

const asked = ({
  hint,
  errorMessage,
}: {
  hint?: { text: string } | undefined;
  errorMessage?: { text: string } | undefined;
}) => ({
  language,
  hint: hint?.text,
  error: errorMessage?.text,
});

const actionOf = ({ href, text, visuallyHiddenText: hidden }: z.output<typeof action>) => given({ href, text, hidden });

const kindOf = (classes: z.output<typeof kinds> | undefined) =>
  classes === undefined
    ? {}
    : { kind: classes === 'govuk-button--warning' ? ('warning' as const) : ('secondary' as const) };

const render = <Schema extends z.ZodType>(schema: Schema, component: (options: z.output<Schema>) => VNode) => {
  return (options: unknown): VNode | undefined => {
    const parsed = schema.safeParse(options);
    return parsed.success ? component(parsed.data) : undefined;
  };
};

const choice = z.strictObject({
  value,
  text,
  hint: said.optional(),
  disabled: z.boolean().optional(),
  checked: z.boolean().optional(),
});
const choices = {
  ...control,
  idPrefix: text.optional(),
  fieldset: z.strictObject({ legend }),
  items: z.array(choice),
};

const choicesOf = ({ fieldset, items, idPrefix, ...rest }: z.output<z.ZodObject<typeof choices>>) => ({
  ...asked(rest),
  name: rest.name,
  ...given({
    id: idPrefix,
    legendSize: fieldset.legend.classes,
    isPageHeading: fieldset.legend.isPageHeading,
  }),
  legend: fieldset.legend.text,
  choices: items.map(
    ({ value, text, hint, disabled }) =>
      given({ value, text, hint: hint?.text, disabled }) as { value: string; text: string },
  ),
});

/** How the options of a fixture are said in our props; undefined: our props are too narrow for it. */
export const fixtureProps: Readonly<Record<string, (options: unknown) => VNode | undefined>> = {
  'back-link': render(z.strictObject({ href: text, text: text.optional() }), (props) => (
    <BackLink language={language} {...(given(props) as { href: string })} />
  )),
  breadcrumbs: render(
    z.strictObject({ items: z.array(z.strictObject({ text, href: text.optional() })) }),
    ({ items }) => <Breadcrumbs language={language} items={items.map((item) => given(item) as { text: string })} />,
  ),
  button: (options) =>
    render(
      z.strictObject({
        text,
        name: text.optional(),
        value: text.optional(),
        classes: kinds.optional(),
        disabled: z.boolean().optional(),
        preventDoubleClick: z.literal(true).optional(),
      }),
      ({ classes, ...props }) => <Button {...kindOf(classes)} {...(given(props) as { text: string })} />,
    )(options) ??
    render(
      z.strictObject({ text, href: text, isStartButton: z.boolean().optional(), classes: kinds.optional() }),
      ({ classes, text, href, isStartButton: start = false }) => (
        <ButtonLink {...kindOf(classes)} text={text} href={href} start={start} />
      ),
    )(options),
  checkboxes: render(
    z.strictObject({
      ...choices,
      classes: z.literal('govuk-checkboxes--small').optional(),
      values: z.array(value).optional(),
    }),
    ({ classes, values, ...rest }) => (
      <Checkboxes
        {...choicesOf(rest)}
        small={classes !== undefined}
        values={[...(values ?? []), ...rest.items.filter(({ checked }) => checked).map(({ value }) => value)]}
      />
    ),
  ),
  'date-input': render(
    z.strictObject({
      id: text,
      namePrefix: text,
      fieldset: z.strictObject({
        legend: z.strictObject({ text, classes: sizes('govuk-fieldset__legend').optional() }),
      }),
      hint: said.optional(),
      errorMessage: said.optional(),
      values: z.record(text, value).optional(),
    }),
    ({ id, namePrefix, fieldset, values = {}, ...rest }) => (
      <DateInput
        {...asked(rest)}
        id={id}
        name={namePrefix}
        legend={fieldset.legend.text}
        {...given({ legendSize: fieldset.legend.classes })}
        values={
          given({
            day: values[`${namePrefix}-day`],
            month: values[`${namePrefix}-month`],
            year: values[`${namePrefix}-year`],
          }) as Record<string, string>
        }
      />
    ),
  ),
  details: render(
    z.strictObject({ summaryText: text, text, id: text.optional(), open: z.boolean().optional() }),
    ({ summaryText, text, ...rest }) => (
      <Details summary={summaryText} {...given(rest)}>
        {text}
      </Details>
    ),
  ),
  'error-message': render(z.strictObject({ text, id: text.optional() }), (props) => (
    <ErrorMessage language={language} {...(given(props) as { text: string })} />
  )),
  'error-summary': render(
    z.strictObject({
      titleText: z.literal('There is a problem'),
      descriptionText: text.optional(),
      errorList: z.array(z.strictObject({ text, href: text.startsWith('#').optional() })),
    }),
    ({ descriptionText, errorList }) => (
      <ErrorSummary
        language={language}
        {...given({ description: descriptionText })}
        errors={errorList.map(({ text, href }) => given({ text, id: href?.slice(1) }) as { text: string })}
      />
    ),
  ),
  fieldset: render(
    z.strictObject({ legend, describedBy: text.optional(), role: z.literal('group').optional() }),
    ({ legend: { text, classes, isPageHeading }, ...rest }) => (
      <Fieldset legend={text} legendSize={classes} isPageHeading={isPageHeading} {...given(rest)} />
    ),
  ),
  'generic-header': render(z.strictObject({ logoText: text, url: text }), ({ logoText, url }) => (
    <Header href={url}>{logoText}</Header>
  )),
  hint: render(z.strictObject({ text, id: text.optional(), classes: text.optional() }), ({ classes, ...props }) => (
    <Hint {...(given({ ...props, class: classes }) as { text: string })} />
  )),
  input: render(
    z.strictObject({
      ...control,
      label,
      id: text.optional(),
      value: value.optional(),
      type: z.enum(['text', 'email', 'search', 'tel']).optional(),
      classes: z
        .templateLiteral(['govuk-input--width-', z.enum(['2', '3', '4', '5', '10', '20', '30'])])
        .transform((name) => Number(name.slice(19)) as 2)
        .optional(),
      inputmode: z.enum(['numeric', 'decimal', 'email', 'tel']).optional(),
      autocomplete: text.optional(),
      spellcheck: z.boolean().optional(),
    }),
    ({ label, classes: width, inputmode: inputMode, hint, errorMessage, name, ...rest }) => (
      <Input
        {...asked({ hint, errorMessage })}
        name={name}
        label={label.text}
        {...(given({
          ...rest,
          width,
          inputMode,
          labelSize: label.classes,
          isPageHeading: label.isPageHeading,
        }) as Partial<InputProps>)}
      />
    ),
  ),
  'inset-text': render(z.strictObject({ text, id: text.optional() }), ({ text, id }) => (
    <InsetText {...given({ id })}>{text}</InsetText>
  )),
  label: render(
    z.strictObject({ ...label.shape, for: text.optional() }),
    ({ text, classes, isPageHeading, for: control }) => (
      <Label text={text} size={classes} isPageHeading={isPageHeading} {...given({ for: control })} />
    ),
  ),
  'notification-banner': render(z.strictObject({ text, type: z.literal('success').optional() }), ({ text, type }) => (
    <NotificationBanner language={language} text={text} success={type === 'success'} />
  )),
  pagination: render(z.strictObject({ previous: link.optional(), next: link.optional() }), ({ previous, next }) => (
    <Pagination
      language={language}
      previous={previous && { href: previous.href, ...(previous.labelText ? { label: previous.labelText } : {}) }}
      next={next && { href: next.href, ...(next.labelText ? { label: next.labelText } : {}) }}
    />
  )),
  radios: render(
    z.strictObject({
      ...choices,
      classes: z
        .enum(['govuk-radios--small', 'govuk-radios--inline', 'govuk-radios--small govuk-radios--inline'])
        .optional(),
      value: value.optional(),
    }),
    ({ classes, value, ...rest }) => (
      <Radios
        {...choicesOf(rest)}
        small={classes?.includes('small') ?? false}
        inline={classes?.includes('inline') ?? false}
        value={value ?? rest.items.find(({ checked }) => checked)?.value}
      />
    ),
  ),
  select: render(
    z.strictObject({
      ...control,
      label,
      id: text.optional(),
      value: value.optional(),
      items: z.array(
        z.strictObject({ value, text, selected: z.literal(true).optional(), disabled: z.boolean().optional() }),
      ),
    }),
    ({ label, id, items, name, value, ...rest }) => (
      <Select
        {...asked(rest)}
        name={name}
        label={label.text}
        {...given({ id, labelSize: label.classes, isPageHeading: label.isPageHeading })}
        value={value ?? items.find(({ selected }) => selected)?.value}
        options={items.map(({ value, text, disabled = false }) => ({ value, text, disabled }))}
      />
    ),
  ),
  'service-navigation': render(
    z.strictObject({
      navigation: z
        .array(z.strictObject({ text, href: text, active: z.boolean().optional(), current: z.boolean().optional() }))
        .min(1),
    }),
    ({ navigation }) => (
      <ServiceNavigation
        language={language}
        items={navigation.map(({ text, href, active, current }) => ({
          text,
          href,
          current: current ? 'page' : active ? 'section' : undefined,
        }))}
      />
    ),
  ),
  'skip-link': render(z.strictObject({ text, href: text }), (props) => <SkipLink {...props} />),
  'summary-list': render(
    z.strictObject({
      classes: z.literal('govuk-summary-list--no-border').optional(),
      card: z
        .strictObject({
          title: z.strictObject({ text, headingLevel: z.union([z.literal(2), z.literal(3), z.literal(4)]).optional() }),
          actions: actions.optional(),
        })
        .optional(),
      rows: z.array(z.strictObject({ key: said, value: said, actions: actions.optional() })),
    }),
    ({ classes, card, rows }) => (
      <SummaryList
        noBorder={classes !== undefined}
        rows={rows.map(({ key, value, actions }) => ({
          key: key.text,
          value: value.text,
          ...(actions ? { actions: actions.items.map((one) => actionOf(one) as { href: string; text: string }) } : {}),
        }))}
        {...(card
          ? {
              card: {
                title: card.title.text,
                ...given({ headingLevel: card.title.headingLevel }),
                actions: (card.actions?.items ?? []).map((one) => actionOf(one) as { href: string; text: string }),
              },
            }
          : {})}
      />
    ),
  ),
  table: render(
    z.strictObject({
      caption: text.optional(),
      captionClasses: sizes('govuk-table__caption').optional(),
      firstCellIsHeader: z.boolean().optional(),
      head: z.array(z.strictObject({ text, format: z.literal('numeric').optional() })),
      rows: z.array(z.array(z.strictObject({ text: value, format: z.literal('numeric').optional() }))),
    }),
    ({ caption, captionClasses, firstCellIsHeader = false, head, rows }) => (
      <Table
        {...given({ caption, captionSize: captionClasses })}
        firstCellIsHeader={firstCellIsHeader}
        columns={head.map(({ text, format }) => ({ header: text, numeric: format !== undefined }))}
        rows={rows.map((cells) => cells.map(({ text }) => text))}
      />
    ),
  ),
  tag: render(
    z.strictObject({
      text,
      classes: z
        .enum(['govuk-tag--grey', 'govuk-tag--green', 'govuk-tag--yellow', 'govuk-tag--red'])
        .transform((name) => name.slice(11) as 'grey')
        .optional(),
    }),
    ({ text, classes }) => <Tag text={text} {...given({ colour: classes })} />,
  ),
  'warning-text': render(z.strictObject({ text, iconFallbackText: z.literal('Warning').optional() }), ({ text }) => (
    <WarningText language={language}>{text}</WarningText>
  )),
};
