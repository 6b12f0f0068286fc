import type { Vocabulary, Words } from '../vocabulary/vocabulary.js';

export interface DataServiceView {
  readonly dataService: string;
  readonly words: Words;
  /** Name of the institution that supplies it; empty: the mesh itself. */
  readonly source: string;
  readonly groups: readonly Words[];
}

/** By name; those that have all of the words somewhere in what is shown of them. Capitals and accents do not matter. */
export const dataServiceViews = (vocabulary: Vocabulary, words: string): readonly DataServiceView[] => {
  const wanted = folded(words).split(/\s+/).filter(Boolean);
  return vocabulary.dataServices
    .map(({ dataService, title, source, fieldGroups }) => {
      const named = vocabulary.dataService(dataService);
      return {
        dataService,
        words: named.name === dataService && title !== '' ? { ...named, name: title } : named,
        source: source.startsWith('service:') ? '' : vocabulary.institution(source),
        groups: fieldGroups.map((group) => vocabulary.fieldGroup(dataService, group)),
      };
    })
    .filter((view) => {
      const text = folded(
        [
          view.dataService,
          view.source,
          ...[view.words, ...view.groups].flatMap((one) => [one.name, one.description]),
        ].join(' '),
      );
      return wanted.every((word) => text.includes(word));
    })
    .toSorted((one, other) => one.words.name.localeCompare(other.words.name));
};

const folded = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
