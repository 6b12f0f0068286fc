/** One record of RFC 4180. */
export const csvRecord = (fields: readonly (string | bigint)[]): string => `${fields.map(csvField).join(',')}\r\n`;

/** A text is quoted always; one that a spreadsheet would compute as a formula begins with an apostrophe. */
const csvField = (value: string | bigint): string =>
  typeof value === 'bigint' ? value.toString() : `"${(isFormula(value) ? `'${value}` : value).replaceAll('"', '""')}"`;

/** Spreadsheets skip white space, and take full-width signs too. */
const isFormula = (text: string): boolean => /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text);
