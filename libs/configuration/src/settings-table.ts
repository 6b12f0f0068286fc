import type { DescribedSetting } from './settings.js';
import type { Setting, Settings } from './setting.js';

const BEGIN = '<!-- settings: made by `npm run settings` from the code -->';
const END = '<!-- /settings -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

type Described = Pick<DescribedSetting, 'name' | 'description' | 'default'> & Partial<DescribedSetting>;

const need = ({ default: usual, optional }: Described): string => {
  if (usual !== undefined) return `\`${usual}\``;
  return optional ? '' : '**needed**';
};

/** A service's settings as a table for its README: those that are needed first, then by name. */
export const settingsTable = (settings: Settings | readonly DescribedSetting[]): string => {
  const all = Object.values<Setting<unknown> | DescribedSetting>(settings).map((setting) => ({
    name: `\`${setting.name}\`${setting.secret ? ' (secret)' : ''}`,
    description: cell(setting.description),
    need: need(setting),
    first: setting.default === undefined && !setting.optional,
  }));
  all.sort((a, b) => Number(b.first) - Number(a.first) || (a.name < b.name ? -1 : 1));
  const rows = [
    ['setting', 'default', 'what for'],
    ...all.map(({ name, description, need: usual }) => [name, usual, description]),
  ];
  // As wide as the formatter makes them.
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], filler = ' ') =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line([], '-'), ...body.map((row) => line(row))].join('\n');
};

/** A README with the table between its markers. @throws Error when it has none */
export const withSettings = (readme: string, settings: Settings | readonly DescribedSetting[]): string => {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`no place for the settings: ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${settingsTable(settings)}\n\n${readme.slice(to)}`;
};
