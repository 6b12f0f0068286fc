import { PageTokens } from '@crossroads/grpc';

/** The key is no secret: a token only says where the page begins, and permissions are checked for each page. */
const tokens = new PageTokens(Buffer.from('crossroads.authorization.v1 page tokens'));

const readKey = (position: unknown): string | undefined => (typeof position === 'string' ? position : undefined);

/** One page of a list in memory, in the order of registration. */
export const pageOf = <Element>(
  elements: readonly Element[],
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  {
    filters,
    keyOf,
  }: { readonly filters: Readonly<Record<string, string>>; readonly keyOf: (element: Element) => string },
): { readonly page: readonly Element[]; readonly nextPageToken: string } => {
  const after = tokens.decode(pageToken, filters, readKey);
  const start = after === undefined ? 0 : elements.findIndex((element) => keyOf(element) === after) + 1;
  const page = elements.slice(start, start + pageSize);
  const last = page.at(-1);
  const hasMore = last !== undefined && start + pageSize < elements.length;
  return { page, nextPageToken: hasMore ? tokens.encode(keyOf(last), filters) : '' };
};
