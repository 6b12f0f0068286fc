/** Something that may not stand where it is forbidden, in each way in which it could be written. */
export interface Needle {
  readonly what: string;
  readonly forms: readonly string[];
}

/** `ssin` plain and as printed on a card; also as hexadecimal and as base64 at any place in what was encoded. */
export const ssinNeedle = (ssin: string): Needle => {
  const [, year, month, day, counter, check] = /^(..)(..)(..)(...)(..)$/.exec(ssin) ?? [];
  return needle('SSIN', [
    ssin,
    `${year}.${month}.${day}-${counter}.${check}`,
    `${year}.${month}.${day}-${counter}-${check}`,
  ]);
};

export const nameNeedle = (name: string): Needle => needle('name', [name, name.toLowerCase(), name.toUpperCase()]);

export const birthNeedle = ({
  year,
  month,
  day,
}: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}): Needle => {
  const [m, d] = [month, day].map((part) => String(part).padStart(2, '0'));
  const asJson = [`"year":${year},"month":${month},"day":${day}`, `"year": ${year}, "month": ${month}, "day": ${day}`];
  return needle('birth date', [
    `${year}-${m}-${d}`,
    `${d}/${m}/${year}`,
    `${d}.${m}.${year}`,
    `${year}${m}${d}`,
    ...asJson,
  ]);
};

const needle = (what: string, texts: readonly string[]): Needle => ({
  what,
  forms: texts.flatMap((text) => [text, Buffer.from(text).toString('hex'), ...base64Forms(text)]),
});

/** What stays the same of a text in base64, whatever stands before and behind it; at each of the three offsets. */
const base64Forms = (text: string): string[] =>
  [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const encoded = bytes.toString('base64').replaceAll('=', '');
    // Characters that share bits with a neighbour are left out.
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor((bytes.length * 8) / 6);
    const sure = encoded.slice(from, to);
    // A short one would be met by chance.
    return sure.length >= 10 ? [sure, sure.replaceAll('+', '-').replaceAll('/', '_')] : [];
  });

/** Which needles stand in a text: what each is, never its value. */
export const found = (text: string, needles: readonly Needle[]): string[] => [
  ...new Set(needles.flatMap(({ what, forms }) => (forms.some((form) => text.includes(form)) ? [what] : []))),
];
