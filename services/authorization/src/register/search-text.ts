/** The words of a text for comparison: small letters without accents, and a space in place of all that is neither letter nor digit. */
export const searchText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

export const wordsOf = (text: string): string[] =>
  searchText(text)
    .split(' ')
    .filter((word) => word !== '');
