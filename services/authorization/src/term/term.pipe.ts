import { type Term as TermMessage, TermKind as TermKindMessage } from '@crossroads/contracts/authorization/v1/policy';
import { fields, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';
import { dataServiceName, distinctList, fieldGroupName, publicText } from '../policy/fields.js';
import type { Term, TermKind } from '../policy/policy-entities.js';
import { termKey } from '../policy/policy.decider.js';

const MAX_TERMS = 100;

const text = (max: number) =>
  fields.message(
    { nl: publicText(max), fr: publicText(max), de: publicText(max), en: publicText(max) },
    'the text in nl, fr, de and en',
  );

const label = fields.message(
  { name: text(80), phrase: text(120), description: text(400) },
  'the label, with name, phrase and description',
);

/** `employment.wages.v1/amounts` */
const fieldGroupOfDataService = fields.field((raw: string, refuse): string => {
  const [dataService, fieldGroup, ...more] = raw.split('/');
  return dataServiceName.safeParse(dataService).success &&
    fieldGroupName.safeParse(fieldGroup).success &&
    more.length === 0
    ? raw
    : refuse('MALFORMED_FIELD_GROUP', '<data service>/<field group>, for example employment.wages.v1/amounts');
});

type TermSchema = z.ZodType<Term, TermMessage | undefined>;

const termOf = (kind: TermKind, name: z.ZodType<string, string>): TermSchema =>
  fields.message({ kind: fields.field<TermKindMessage, TermKind>(() => kind), name, label });

const UNKNOWN_KIND = fields.field(
  (_: TermKindMessage, refuse): TermKind =>
    refuse('UNKNOWN_KIND', 'a legal context, an inscription context, a data service or a field group (TERM_KIND_…)'),
);

const NAMED: ReadonlyMap<TermKindMessage, TermSchema> = new Map([
  [TermKindMessage.TERM_KIND_LEGAL_CONTEXT, termOf('LEGAL_CONTEXT', fields.legalContext)],
  [TermKindMessage.TERM_KIND_INSCRIPTION_CONTEXT, termOf('INSCRIPTION_CONTEXT', fields.inscriptionContext)],
  [TermKindMessage.TERM_KIND_DATA_SERVICE, termOf('DATA_SERVICE', dataServiceName)],
  [TermKindMessage.TERM_KIND_FIELD_GROUP, termOf('FIELD_GROUP', fieldGroupOfDataService)],
]);

const ofUnknownKind: TermSchema = fields.message({ kind: UNKNOWN_KIND, name: z.string(), label });

/** The rule of the name is that of what it names. */
const term = fields.byValue((raw: TermMessage | undefined) => (raw && NAMED.get(raw.kind)) ?? ofUnknownKind);

const registerTerms = fields.message({
  requestId: fields.requestId,
  terms: distinctList(term, { max: MAX_TERMS }, termKey),
});

export type RegisterTermsInput = z.output<typeof registerTerms>;

export const RegisterTermsPipe = requestPipe(registerTerms);
