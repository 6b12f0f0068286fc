import type { DescribedSetting } from './settings.js';

const BEGIN = '<!-- settings: made by `npm run settings` from the code -->';
const END = '<!-- /settings -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const isNeeded = (setting: DescribedSetting): boolean => setting.default === undefined && !setting.optional;

const defaultCell = (setting: DescribedSetting): string => {
  if (setting.default !== undefined) return `\`${setting.default}\``;
  return isNeeded(setting) ? '**needed**' : '';
};

/** A service's settings as a table for its README: needed ones first, then by name. */
export const settingsTable = (settings: readonly DescribedSetting[]): string => {
  const sorted = settings.toSorted((a, b) => Number(isNeeded(b)) - Number(isNeeded(a)) || (a.name < b.name ? -1 : 1));
  const rows = [
    ['setting', 'default', 'what for'],
    ...sorted.map((setting) => [
      `\`${setting.name}\`${setting.secret ? ' (secret)' : ''}`,
      defaultCell(setting),
      cell(setting.description),
    ]),
  ];
  // As wide as the formatter makes the columns.
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], filler = ' ') =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line([], '-'), ...body.map((row) => line(row))].join('\n');
};

/** A README with the table between its markers. @throws Error when it has no markers */
export const withSettings = (readme: string, settings: readonly DescribedSetting[]): string => {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`no place for the settings: ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${settingsTable(settings)}\n\n${readme.slice(to)}`;
};
