import {
  SourceServiceService,
  type SupplyManyResponse,
  type SupplyRequest,
  type SupplyResponse,
  SupplyStatus,
} from '@crossroads/contracts/source/v1/source_service';
import {
  type ValidationContext,
  NotFound,
  readDay,
  readFields,
  readList,
  readOptional,
  readSsin,
  readText,
  type ServedService,
  type Serves,
  serve,
} from '@crossroads/grpc';
import type { IsoDay, Ssin } from '@crossroads/identifiers';
import { SOURCES } from '@crossroads/topology';
import type { ReceiptKeys } from '@crossroads/transparency';
import { type Arrived, asTheyCome } from './as-they-come.js';
import { ReceiptCheck } from './receipt-check.js';

/** What the exchange asks, checked: its receipt is good, and says the same. */
export interface SupplyQuery {
  readonly ssin: Ssin;
  readonly dataService: string;
  /** Only these may leave. */
  readonly fieldGroups: readonly string[];
  /** Enterprise number of the institution that will receive the data. */
  readonly customer: string;
  readonly legalContext: string;
  readonly ticket: string;
  /** The day about which is asked. */
  readonly day: IsoDay;
}

/** What a source has on a person. Money and identifiers are strings. */
export interface Supplied {
  readonly data: Readonly<Record<string, unknown>>;
  /** Dense per person and data service: that of the last change. */
  readonly sourceRevision: bigint;
}

export interface SourceOptions {
  /** Names with major version; others are unknown here. */
  readonly dataServices: readonly string[];
  /** Whose receipts are believed. */
  readonly receiptKeys: ReceiptKeys;
  /** Whether test numbers may pass, and the day in Brussels. */
  readonly door: () => ValidationContext;
  /** Nothing when there is nothing on the person. */
  readonly supply: (query: SupplyQuery, signal: AbortSignal) => Promise<Supplied | undefined>;
}

const MAX_FIELD_GROUPS = 100;
const MAX_CONCURRENT = 100;
/** Characters of JSON, which take six times as many bytes at most (digits in a list do): the exchange takes 1 MiB. */
const MAX_PER_MESSAGE = 128 * 1024;

/** An authentic source's side of `crossroads.source.v1`: who asks, the receipt and the request are checked before `supply` is asked. */
export const sourceController = (options: SourceOptions): Serves<typeof SourceServiceService> => {
  const receipts = new ReceiptCheck(options.receiptKeys);
  const known = new Set(options.dataServices);
  const supply = async (request: SupplyRequest, signal: AbortSignal): Promise<SupplyResponse> => {
    const query = readQuery(request, options.door());
    receipts.require(request);
    if (!known.has(query.dataService))
      throw new NotFound('UNKNOWN_DATA_SERVICE', 'this source does not serve that data service');
    return responseTo(query, await options.supply(query, signal));
  };
  return {
    supply: (request, { signal }) => supply(request, signal),
    supplyMany: ({ requests }, { signal }) => {
      readFields({
        requests: readList('requests', requests, { max: MAX_CONCURRENT }, (_, value) => ({ ok: true, value })),
      });
      return messagesOf(asTheyCome(requests.map((request) => supply(request, signal))));
    },
  };
};

/** For `startServer`. Only the exchange may ask. */
export const sourceService = (options: SourceOptions): ServedService =>
  serve(SourceServiceService, sourceController(options), {
    allow: SOURCES['crossroads.source.v1.SourceService'],
  });

const readQuery = (request: SupplyRequest, door: ValidationContext): SupplyQuery => {
  const text = (field: string, raw: string) => readText(field, raw, { max: 200 });
  const { day, ...query } = readFields({
    ssin: readSsin('ssin', request.ssin, door),
    dataService: text('data_service', request.dataService),
    fieldGroups: readList('field_groups', request.fieldGroups, { max: MAX_FIELD_GROUPS }, text),
    customer: text('customer', request.customer),
    legalContext: text('legal_context', request.legalContext),
    ticket: text('ticket', request.ticket),
    day: readOptional(request.asOfDate, (date) => readDay('as_of_date', date)),
  });
  return { ...query, day: day ?? door.today };
};

const responseTo = ({ ssin }: SupplyQuery, supplied: Supplied | undefined): SupplyResponse => {
  if (supplied === undefined)
    return { status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND, ssin, data: undefined, sourceRevision: 0n };
  const { data, sourceRevision } = supplied;
  return { status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND, ssin, data: { ...data }, sourceRevision };
};

/** In characters of JSON. */
const sizeOf = ({ data }: SupplyResponse): number => (data === undefined ? 0 : JSON.stringify(data).length);

/** In one message what is there at the same time, unless it is large. */
async function* messagesOf(
  answers: AsyncIterable<readonly Arrived<SupplyResponse>[]>,
): AsyncGenerator<SupplyManyResponse> {
  for await (const together of answers) {
    const messages: SupplyManyResponse[] = [];
    let others: SupplyManyResponse[] = [];
    let left = -1;
    for (const { index, value: response } of together) {
      const size = sizeOf(response);
      left -= size;
      if (left >= 0) {
        others.push({ index, response, others: [] });
        continue;
      }
      others = [];
      left = MAX_PER_MESSAGE - size;
      messages.push({ index, response, others });
    }
    yield* messages;
  }
}
