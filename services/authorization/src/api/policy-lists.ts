import type {
  ListDataServicesRequest,
  ListDataServicesResponse,
  ListDeliberationsRequest,
  ListDeliberationsResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import type { Deliberation as DeliberationMessage } from '@crossroads/contracts/authorization/v1/policy';
import { PageTokens, readEnterpriseNumber, readFields, readOptional, readPageSize } from '@crossroads/grpc';
import type { PolicyState } from '../domain/policy.js';
import { reject } from '../domain/reasons.js';
import { dataServiceMessage, deliberationMessage } from '../entity-messages.js';
import type { Reader } from './reader.js';

/** Not a secret: who may see what is asked again at each page, and a token only says where it begins. */
const tokens = new PageTokens(Buffer.from('crossroads.authorization.v1 page tokens'));

/** Schemas are large: a hundred of them would be 25 MB. */
const DATA_SERVICES_A_PAGE = { usual: 10, max: 10 };

const readName = (position: unknown): string | undefined => (typeof position === 'string' ? position : undefined);

/** Lists from memory, in the order in which things were first registered. */
export class PolicyLists {
  constructor(private readonly state: PolicyState) {}

  /** What may not be seen is not there. @throws Rejection */
  deliberation(reader: Reader, deliberationId: string): DeliberationMessage {
    const found = this.state.deliberations.get(deliberationId);
    if (!found || !reader.maySee(found))
      throw reject('DELIBERATION_NOT_FOUND', 'there is no such deliberation that you may see');
    return deliberationMessage(found);
  }

  deliberations(
    reader: Reader,
    { pageSize, pageToken, ...request }: ListDeliberationsRequest,
  ): ListDeliberationsResponse {
    const { size, recipient = '' } = readFields({
      size: readPageSize(pageSize, { usual: 50, max: 100 }),
      recipient: readOptional(request.recipient, (number) => readEnterpriseNumber('recipient', number)),
    });
    const after = tokens.decode(pageToken, { list: 'deliberations', recipient }, readName);
    const wanted = [...this.state.deliberations.values()].filter(
      (one) => (recipient === '' || one.recipient === recipient) && reader.maySee(one),
    );
    const { page, last } = pageAfter(wanted, after, size, ({ deliberationId }) => deliberationId);
    return {
      deliberations: page.map(deliberationMessage),
      nextPageToken: last === undefined ? '' : tokens.encode(last, { list: 'deliberations', recipient }),
    };
  }

  dataServices({ pageSize, pageToken }: ListDataServicesRequest): ListDataServicesResponse {
    const { size } = readFields({ size: readPageSize(pageSize, DATA_SERVICES_A_PAGE) });
    const after = tokens.decode(pageToken, { list: 'data services' }, readName);
    const { page, last } = pageAfter([...this.state.dataServices.values()], after, size, ({ name }) => name);
    return {
      dataServices: page.map(dataServiceMessage),
      nextPageToken: last === undefined ? '' : tokens.encode(last, { list: 'data services' }),
    };
  }
}

/** `last`: the key after which the next page begins; nothing when there is none. */
const pageAfter = <Element>(
  all: readonly Element[],
  after: string | undefined,
  size: number,
  keyOf: (element: Element) => string,
): { readonly page: readonly Element[]; readonly last: string | undefined } => {
  const start = after === undefined ? 0 : all.findIndex((element) => keyOf(element) === after) + 1;
  const page = all.slice(start, start + size);
  const end = page.at(-1);
  return { page, last: end !== undefined && start + size < all.length ? keyOf(end) : undefined };
};
