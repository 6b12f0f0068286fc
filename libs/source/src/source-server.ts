import {
  SourceServiceService,
  type SupplyManyRequest,
  type SupplyManyResponse,
  type SupplyRequest,
  type SupplyResponse,
  SupplyStatus,
} from '@crossroads/contracts/source/v1/source_service';
import {
  type Call,
  fields,
  NotFound,
  parseRequest,
  perContext,
  type ServedService,
  type Serves,
  serve,
  type ValidationContext,
} from '@crossroads/grpc';
import type { IsoDay, Ssin } from '@crossroads/identifiers';
import { SOURCES } from '@crossroads/topology';
import type { AcceptedReceipts } from '@crossroads/transparency';
import { asCompleted } from './as-completed.js';
import { ReceiptCheck } from './receipt-check.js';

/** A request of the exchange whose fields are well-formed and whose receipt is valid for it. */
export interface SupplyQuery {
  readonly ssin: Ssin;
  readonly dataService: string;
  /** The answer may contain these field groups only. */
  readonly fieldGroups: readonly string[];
  /** Enterprise number of the institution that will receive the data. */
  readonly customer: string;
  readonly legalContext: string;
  readonly ticket: string;
  /** The day as of which the data is asked; today unless the request says otherwise. */
  readonly day: IsoDay;
}

/** What a source has on a person. Money and identifiers are strings. */
export interface Supplied {
  readonly data: Readonly<Record<string, unknown>>;
  /** Grows by one with each change, per person and data service. */
  readonly sourceRevision: bigint;
}

export interface SourceOptions {
  /** Names with major version; others are answered with NOT_FOUND. */
  readonly dataServices: readonly string[];
  /** Whose receipts are accepted, and which access log they must promise. */
  readonly receipts: AcceptedReceipts;
  /** Called for each request. */
  readonly validation: () => ValidationContext;
  /** Undefined when the source has nothing on the person. */
  readonly supply: (query: SupplyQuery, signal: AbortSignal) => Promise<Supplied | undefined>;
}

type SupplyCall = Pick<Call, 'signal' | 'caller'>;

const MAX_FIELD_GROUPS = 100;
const MAX_REQUESTS = 100;

const text = fields.text({ max: 200 });

const supplyRequest = perContext(({ mode, today }) =>
  fields
    .message({
      ssin: fields.ssin({ mode, today }),
      dataService: text,
      fieldGroups: fields.list(text, { max: MAX_FIELD_GROUPS }),
      customer: text,
      legalContext: text,
      ticket: text,
      asOfDate: fields.optional(fields.day),
    })
    .transform(({ asOfDate: day = today, ...query }): SupplyQuery => ({ ...query, day })),
);

/** Each request is validated when it is handled. */
const supplyManyRequest = fields.message({
  requests: fields.list(
    fields.field((request: SupplyRequest) => request),
    { max: MAX_REQUESTS },
  ),
});

/** Implements `crossroads.source.v1.SourceService`: validates each request and its receipt, then calls `supply`. */
export class SourceServer implements Serves<typeof SourceServiceService> {
  private readonly receipts: ReceiptCheck;
  private readonly dataServices: ReadonlySet<string>;

  constructor(private readonly options: SourceOptions) {
    this.receipts = new ReceiptCheck(options.receipts);
    this.dataServices = new Set(options.dataServices);
  }

  /** @throws InvalidInput, PermissionDenied, NotFound */
  async supply(request: SupplyRequest, { signal, caller }: SupplyCall): Promise<SupplyResponse> {
    const query = parseRequest(supplyRequest(this.options.validation()), request);
    this.receipts.require(request, caller);
    if (!this.dataServices.has(query.dataService))
      throw new NotFound('UNKNOWN_DATA_SERVICE', 'this source does not serve that data service');
    return responseTo(query, await this.options.supply(query, signal));
  }

  /** Each request is handled as if it came alone; the first failure ends the call once the others are answered. */
  supplyMany({ requests }: SupplyManyRequest, call: SupplyCall): AsyncGenerator<SupplyManyResponse> {
    parseRequest(supplyManyRequest, { requests });
    return messagesOf(requests.map((request) => this.supply(request, call)));
  }
}

/** For `startServer`: a source in its own process. Only the exchange may call it. */
export const sourceService = (options: SourceOptions): ServedService =>
  serve(SourceServiceService, new SourceServer(options), { allow: SOURCES['crossroads.source.v1.SourceService'] });

const responseTo = ({ ssin }: SupplyQuery, supplied: Supplied | undefined): SupplyResponse => {
  if (supplied === undefined)
    return { status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND, ssin, data: undefined, sourceRevision: 0n };
  const { data, sourceRevision } = supplied;
  return { status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND, ssin, data: { ...data }, sourceRevision };
};

async function* messagesOf(pending: readonly Promise<SupplyResponse>[]): AsyncGenerator<SupplyManyResponse> {
  for await (const { index, value } of asCompleted(pending)) yield { index, response: value };
}
