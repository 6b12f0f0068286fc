/** The machine-readable purpose of a request: `ORGANISATION:PURPOSE`, for example `PCSA:SOCIAL_INQUIRY`. */
export type LegalContext = string & { readonly __brand: 'LegalContext' };
/** How an institution knows a person: the textual successor of the quality code, for example `PCSA:LIVING_WAGE`. */
export type InscriptionContext = string & { readonly __brand: 'InscriptionContext' };

/** CBSS's `CommonV3.xsd` limits both to 64 characters. */
export const CONTEXT_MAX_LENGTH = 64;

export const CONTEXT_MESSAGE =
  'a context is ORGANISATION:PURPOSE in capitals, digits and underscores, at most 64 characters, for example PCSA:SOCIAL_INQUIRY';

const PATTERN = /^[A-Z][A-Z0-9_]*:[A-Z][A-Z0-9_]*$/;

const hasSyntax = (text: string): boolean => text.length <= CONTEXT_MAX_LENGTH && PATTERN.test(text);

export const parseLegalContext = (text: string): LegalContext | undefined =>
  hasSyntax(text) ? (text as LegalContext) : undefined;

export const parseInscriptionContext = (text: string): InscriptionContext | undefined =>
  hasSyntax(text) ? (text as InscriptionContext) : undefined;
