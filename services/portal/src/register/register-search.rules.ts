import { SearchDeliberationsRequest } from '@crossroads/contracts/authorization/v1/register_service';
import { parseEnterpriseNumber } from '@crossroads/identifiers';
import { type FormInput, textOf } from '../page/form-input.rules.js';
import type { Query } from '../page/href.js';

/** What of the register is listed; a field that is empty lets everything through. It is about nobody, and stands in the address. */
export interface RegisterSearch {
  readonly words: string;
  readonly institution: string;
  readonly data: string;
  readonly inForce: boolean;
}

const MAX_WORDS_LENGTH = 200;

/** Of an address of ours, or one that somebody wrote: what can match nothing is left out. */
export const registerSearchOf = (query: FormInput): RegisterSearch => {
  const institution = textOf(query, 'institution');
  return {
    words: textOf(query, 'words').slice(0, MAX_WORDS_LENGTH),
    institution: parseEnterpriseNumber(institution).ok ? institution : '',
    data: textOf(query, 'data').slice(0, MAX_WORDS_LENGTH),
    inForce: textOf(query, 'in-force') !== '',
  };
};

export const registerQuery = ({ words, institution, data, inForce }: RegisterSearch): Query => ({
  words,
  institution,
  data,
  'in-force': inForce ? 'yes' : '',
});

export const isSearch = ({ words, institution, data, inForce }: RegisterSearch): boolean =>
  inForce || [words, institution, data].some((text) => text !== '');

const PAGE_SIZE = 20;

export const searchRequest = (
  { words, institution, data, inForce }: RegisterSearch,
  pageToken: string,
): SearchDeliberationsRequest =>
  SearchDeliberationsRequest.fromPartial({
    words,
    recipients: institution === '' ? [] : [institution],
    dataService: data,
    inForceOnly: inForce,
    pageSize: PAGE_SIZE,
    pageToken,
  });
