/** One record of RFC 4180. */
export const csvRecord = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`;

/** Quoted always; a text that a spreadsheet would compute as a formula begins with an apostrophe. */
const csvField = (text: string): string => `"${(isFormula(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** Spreadsheets skip white space, and take full-width signs too. */
const isFormula = (text: string): boolean => /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text);
