import { type IsoDay, isoDay, parseIsoDay } from '@crossroads/identifiers';

export const SHOWN_KINDS = ['all', 'consultations', 'deliveries', 'inscriptions', 'mail', 'numbers'] as const;

export type ShownKind = (typeof SHOWN_KINDS)[number];

/** Which lines are shown. */
export interface ListFilter {
  /** Enterprise number; empty: of all. */
  readonly institution: string;
  readonly purpose: string;
  readonly data: string;
  readonly kind: ShownKind;
  readonly refused: boolean;
  /** Also the person's own looks. */
  readonly own: boolean;
  readonly from: IsoDay | undefined;
  readonly to: IsoDay | undefined;
}

/** Fields of the form whose value is no day, or a period that ends before it begins. */
export type FilterProblem = 'from' | 'to' | 'period';

/** A day as it was typed, in the three fields of the form. */
interface TypedDay {
  readonly day: string;
  readonly month: string;
  readonly year: string;
}

/** What the query of an address asks for. Of a field that comes more than once the first counts. */
export interface AskedList {
  readonly filter: ListFilter;
  readonly problems: readonly FilterProblem[];
  /** What was typed, to show it again. */
  readonly typed: { readonly from: TypedDay; readonly to: TypedDay };
  /** Empty: the newest. */
  readonly pageToken: string;
}

const MAX_LENGTH = 200;
const MAX_TOKEN_LENGTH = 4096;

export const askedListOf = (query: URLSearchParams): AskedList => {
  const text = (name: string): string => (query.get(name) ?? '').trim().slice(0, MAX_LENGTH);
  const which = new Set(query.getAll('which'));
  const typed = { from: typedDay(text, 'from'), to: typedDay(text, 'to') };
  const [from, to] = [dayOfTyped(typed.from), dayOfTyped(typed.to)];
  const problems: FilterProblem[] = [];
  if (from === undefined && isTyped(typed.from)) problems.push('from');
  if (to === undefined && isTyped(typed.to)) problems.push('to');
  if (from !== undefined && to !== undefined && to < from) problems.push('period');
  return {
    filter: {
      institution: text('institution'),
      purpose: text('purpose'),
      data: text('data'),
      kind: SHOWN_KINDS.find((kind) => kind === text('kind')) ?? 'all',
      refused: which.has('refused'),
      own: which.has('own'),
      from,
      to,
    },
    problems,
    typed,
    pageToken: (query.get('page') ?? '').slice(0, MAX_TOKEN_LENGTH),
  };
};

/** The form sends three fields, a link of ours `from=2026-11-03`. */
const typedDay = (text: (name: string) => string, name: string): TypedDay => {
  const parts = { day: text(`${name}-day`), month: text(`${name}-month`), year: text(`${name}-year`) };
  const whole = text(name);
  if (isTyped(parts) || whole === '') return parts;
  const [year = '', month = '', day = ''] = parseIsoDay(whole)?.split('-') ?? [whole];
  return { day: withoutZero(day), month: withoutZero(month), year };
};

const isTyped = (parts: TypedDay): boolean => Object.values(parts).some((part) => part !== '');

const withoutZero = (digits: string): string => digits.replace(/^0/, '');

const dayOfTyped = ({ day, month, year }: TypedDay): IsoDay | undefined =>
  [/^\d{1,2}$/.test(day), /^\d{1,2}$/.test(month), /^\d{4}$/.test(year)].every(Boolean)
    ? isoDay(Number(year), Number(month), Number(day))
    : undefined;

/** The query of a page of the list, with its question mark, or empty: without what has its usual value. */
export const queryOf = (filter: ListFilter, pageToken = ''): string => {
  const query = new URLSearchParams();
  const { institution, purpose, data, kind, refused, own, from, to } = filter;
  const values = {
    institution,
    purpose,
    data,
    kind: kind === 'all' ? '' : kind,
    from: from ?? '',
    to: to ?? '',
    page: pageToken,
  };
  if (refused) query.append('which', 'refused');
  if (own) query.append('which', 'own');
  for (const [name, value] of Object.entries(values)) if (value !== '') query.set(name, value);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
};

/** Whether something is left out besides the person's own looks. */
export const isNarrowed = ({ institution, purpose, data, kind, refused, from, to }: ListFilter): boolean =>
  [institution, purpose, data, from ?? '', to ?? ''].some((value) => value !== '') || kind !== 'all' || refused;
