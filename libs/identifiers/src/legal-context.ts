/** The machine-readable purpose of a request: `ORGANISATION:PURPOSE`, for example `PCSA:SOCIAL_INQUIRY`. */
export type LegalContext = string & { readonly __brand: 'LegalContext' };
/** CBSS's `CommonV3.xsd` limits both to 64 characters. */
export const CONTEXT_MAX_LENGTH = 64;

export const CONTEXT_MESSAGE =
  'a context is ORGANISATION:PURPOSE in capitals, digits and underscores, at most 64 characters, for example PCSA:SOCIAL_INQUIRY';

const PATTERN = /^[A-Z][A-Z0-9_]*:[A-Z][A-Z0-9_]*$/;

/** Of legal contexts, and of inscription contexts that are no quality code. */
export const hasContextSyntax = (text: string): boolean => text.length <= CONTEXT_MAX_LENGTH && PATTERN.test(text);

export const parseLegalContext = (text: string): LegalContext | undefined =>
  hasContextSyntax(text) ? (text as LegalContext) : undefined;
