/** The languages of the mesh, in the order in which they are offered. */
export const LANGUAGES = ['nl', 'fr', 'de', 'en'] as const;

export type Language = (typeof LANGUAGES)[number];

/** As dates, numbers and lists are written in Belgium. */
export const LOCALES = { nl: 'nl-BE', fr: 'fr-BE', de: 'de-BE', en: 'en-BE' } as const satisfies Record<
  Language,
  string
>;

export const isLanguage = (text: string): text is Language => LANGUAGES.some((one) => one === text);

/** The language of a header `Accept-Language` (RFC 9110, 12.5.4) that comes first; English without one of ours. */
export const languageOf = (acceptLanguage: string | undefined): Language => {
  const wanted = (acceptLanguage ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
      const weight = parameters.map((one) => /^\s*q=([0-9.]+)$/.exec(one)?.[1]).find((q) => q !== undefined);
      return { language: tag.split('-')[0] ?? '', weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  for (const { language } of wanted) if (isLanguage(language)) return language;
  return 'en';
};
