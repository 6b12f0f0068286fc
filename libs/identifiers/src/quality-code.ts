import { hasContextSyntax } from './legal-context.js';

/**
 * In which capacity an institution knows a person: a quality code (`17/2`), or a text where there is no code. A context may be given as
 * its code or as its text (`PCSA:LIVING_WAGE`); internally and in answers it is the code, so that both are equal.
 */
export type InscriptionContext = string & { readonly __brand: 'InscriptionContext' };

export const INSCRIPTION_CONTEXT_MESSAGE =
  'an inscription context is sector/code, for example 17/2, or ORGANISATION:QUALITY in capitals, at most 64 characters';

/** A capacity in which an institution of a sector knows a person: the numbers of CBSS, and the text that replaces them. */
export interface QualityCode {
  /** 0 to 999. */
  readonly sector: number;
  /** 0 to 999. */
  readonly code: number;
  /** The text that replaces the numbers. */
  readonly context: string;
  readonly description: string;
}

/** Codes that every sector may use. */
export const generalQualityCodes: Readonly<Record<number, string>> = {
  0: 'definitive inscription',
  902: 'provisional inscription',
  999: 'number replaced',
};

const entry = (sector: number, code: number, text: string, description: string): QualityCode => {
  if (!hasContextSyntax(text)) throw new TypeError(`${text} is not an inscription context`);
  return { sector, code, context: text, description };
};

/** The codes that the first data services ask for (domain reference 2.3); all others keep their numbers. */
export const qualityCodes: readonly QualityCode[] = [
  entry(5, 20, 'PENSIONS:AWARD_FILE', 'award file'),
  entry(7, 101, 'FAMILY_BENEFITS:ENTITLED', 'entitled person'),
  entry(7, 104, 'FAMILY_BENEFITS:RIGHT_GIVING_CHILD', 'right-giving child'),
  entry(12, 10, 'NSSO:EMPLOYEE', 'employee'),
  entry(12, 30, 'NSSO:DIMONA', 'declared employment'),
  entry(17, 1, 'PCSA:FILE_UNDER_INVESTIGATION', 'file under investigation'),
  entry(17, 2, 'PCSA:LIVING_WAGE', 'living wage'),
  entry(17, 5, 'PCSA:CO_RESIDENT', 'co-resident'),
  entry(18, 1, 'NEO:CONTROLLED_UNEMPLOYED', 'controlled unemployed person'),
];

const byNumbers = new Map(qualityCodes.map((quality) => [`${quality.sector}/${quality.code}`, quality]));
const byContext = new Map(qualityCodes.map((quality) => [quality.context, quality]));

export const qualityCode = (sector: number, code: number): QualityCode | undefined =>
  byNumbers.get(`${sector}/${code}`);

export const qualityCodeOf = (context: string): QualityCode | undefined => byContext.get(context);

/** `17/2` and the like; nothing when it is not two numbers of 0 to 999. */
export const parseQualityCode = (text: string): { readonly sector: number; readonly code: number } | undefined => {
  const match = /^(0|[1-9][0-9]{0,2})\/(0|[1-9][0-9]{0,2})$/.exec(text);
  return match ? { sector: Number(match[1]), code: Number(match[2]) } : undefined;
};

/** Nothing when it is neither a quality code nor a text of the right syntax. */
export const parseInscriptionContext = (text: string): InscriptionContext | undefined => {
  if (parseQualityCode(text)) return text as InscriptionContext;
  if (!hasContextSyntax(text)) return undefined;
  const known = qualityCodeOf(text);
  return (known ? `${known.sector}/${known.code}` : text) as InscriptionContext;
};
