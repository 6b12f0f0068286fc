/** Personal data that is searched for, in each form in which it could be written. */
export interface SearchTerm {
  readonly what: string;
  readonly forms: readonly string[];
}

/** An SSIN: plain, as printed on a card, as hexadecimal, and as base64 at any offset. */
export const ssinTerm = (ssin: string): SearchTerm => {
  const [, year, month, day, counter, check] = /^(..)(..)(..)(...)(..)$/.exec(ssin) ?? [];
  return term('SSIN', [
    ssin,
    `${year}.${month}.${day}-${counter}.${check}`,
    `${year}.${month}.${day}-${counter}-${check}`,
  ]);
};

export const nameTerm = (name: string): SearchTerm => wordTerm('name', name);

/** A text that must not be found. */
export const wordTerm = (what: string, text: string): SearchTerm =>
  term(what, [text, text.toLowerCase(), text.toUpperCase()]);

export const birthTerm = ({
  year,
  month,
  day,
}: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}): SearchTerm => {
  const [m, d] = [month, day].map((part) => String(part).padStart(2, '0'));
  const asJson = [`"year":${year},"month":${month},"day":${day}`, `"year": ${year}, "month": ${month}, "day": ${day}`];
  return term('birth date', [
    `${year}-${m}-${d}`,
    `${d}/${m}/${year}`,
    `${d}.${m}.${year}`,
    `${year}${m}${d}`,
    ...asJson,
  ]);
};

const term = (what: string, texts: readonly string[]): SearchTerm => ({
  what,
  forms: texts.flatMap((text) => [text, Buffer.from(text).toString('hex'), ...base64Forms(text)]),
});

/** The characters of a text in base64 that do not depend on the text around it, at each of the three offsets. */
const base64Forms = (text: string): string[] =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const encoded = bytes.toString('base64').replaceAll('=', '');
    // Without characters that share bits with a neighbour.
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor((bytes.length * 8) / 6);
    const sure = encoded.slice(from, to);
    // A short form would occur by chance.
    return sure.length >= 10 ? [sure, sure.replaceAll('+', '-').replaceAll('/', '_')] : [];
  });

/** The kinds of the terms that a text contains, never their values. */
export const found = (text: string, terms: readonly SearchTerm[]): string[] => [
  ...new Set(terms.flatMap(({ what, forms }) => (forms.some((form) => text.includes(form)) ? [what] : []))),
];
