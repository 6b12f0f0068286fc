import type { Language } from '../text/language.js';

export type Query = Readonly<Record<string, string | undefined>>;

/** The address of a page. Parameters that are absent or empty are left out. */
export const hrefOf = (language: Language, path: string, query: Query = {}): string => {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  return `/${language}${path}${parameters.size === 0 ? '' : `?${parameters}`}`;
};
