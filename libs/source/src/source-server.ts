import { Ask } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import {
  SourceServiceService,
  type SupplyManyRequest,
  type SupplyManyResponse,
  type SupplyRequest,
  SupplyResponse,
  SupplyStatus,
} from '@crossroads/contracts/source/v1/source_service';
import {
  type Call,
  FailedPrecondition,
  fields,
  NotFound,
  parseRequest,
  PermissionDenied,
  perContext,
  type ServedService,
  type Serves,
  serve,
  Unavailable,
  type ValidationContext,
} from '@crossroads/grpc';
import type { IsoDay, Ssin } from '@crossroads/identifiers';
import { type InstitutionKeys, RequestTokens } from '@crossroads/request-token';
import { SOURCES } from '@crossroads/topology';
import type { AcceptedReceipts } from '@crossroads/transparency';
import { asCompleted } from './as-completed.js';
import { AnsweredReceipts } from './receipts/answered-receipts.js';
import { ReceiptCheck, useOf } from './receipts/receipt-check.js';
import type { ReceiptStore } from './receipts/receipt-store.js';

/** A request of the exchange whose fields are well-formed and whose receipt is valid for it. */
export interface SupplyQuery {
  readonly ssin: Ssin;
  readonly dataService: string;
  /** The answer may contain these field groups only. */
  readonly fieldGroups: readonly string[];
  /** Enterprise number of the institution that will receive the data. */
  readonly customer: string;
  readonly legalContext: string;
  /** Of this question only, in hexadecimal: it stands in the ask, and so in the access log. */
  readonly reference: string;
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
  /** Enterprise number of the source, or `service:<name>`: whom receipts must name. */
  readonly party: string;
  /** Names with major version; others are answered with NOT_FOUND. */
  readonly dataServices: readonly string[];
  /** Whose receipts are accepted, and which access log they must promise. */
  readonly receipts: AcceptedReceipts;
  /** The official keys of the customers whose questions are answered. */
  readonly institutionKeys: InstitutionKeys;
  /** Each receipt is in it before its answer leaves. `none`: the operator's own sources, whose receipts would prove nothing to others. */
  readonly receiptStore: ReceiptStore | 'none';
  /** Called for each request. */
  readonly validation: () => ValidationContext;
  /** Undefined when the source has nothing on the person. */
  readonly supply: (query: SupplyQuery, signal: AbortSignal) => Promise<Supplied | undefined>;
}

type SupplyCall = Pick<Call, 'signal' | 'caller'>;

const MAX_FIELD_GROUPS = 100;
const MAX_REQUESTS = 100;
/** As far as clocks may differ for receipts. */
const TOLERANCE_S = 60;
/** Less than the MiB that the mesh takes in one message. */
const MAX_ANSWER_BYTES = 1_000_000;

const text = fields.text({ max: 200 });

const supplyRequest = perContext(({ mode, today }) =>
  fields
    .message({
      ssin: fields.ssin({ mode, today }),
      dataService: text,
      fieldGroups: fields.list(text, { max: MAX_FIELD_GROUPS }),
      customer: text,
      legalContext: text,
      asOfDate: fields.optional(fields.day),
    })
    .transform(({ asOfDate: day = today, ...query }): Omit<SupplyQuery, 'reference'> => ({ ...query, day })),
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
  private readonly answered = new AnsweredReceipts();
  private readonly tokens: RequestTokens;

  constructor(private readonly options: SourceOptions) {
    this.receipts = new ReceiptCheck(options.receipts, options.party);
    const { now } = options.receipts;
    this.tokens = new RequestTokens({ toleranceS: TOLERANCE_S, ...(now ? { now } : {}) });
    this.dataServices = new Set(options.dataServices);
  }

  /** @throws InvalidInput, PermissionDenied, Unauthenticated, NotFound, Unavailable */
  async supply(request: SupplyRequest, { signal, caller }: SupplyCall): Promise<SupplyResponse> {
    const asked = parseRequest(supplyRequest(this.options.validation()), request);
    if (!this.dataServices.has(asked.dataService))
      throw new NotFound('UNKNOWN_DATA_SERVICE', 'this source does not serve that data service');
    const receipt = this.receipts.require(request, caller);
    if (useOf(caller) === 'consultation') await this.requireSigned(asked, request.requestToken);
    const query = { ...asked, reference: Ask.decode(request.ask).reference.toString('hex') };
    const { receipts, supply } = this.options;
    const takeBack = this.answered.claim(receipt, receipts.now?.() ?? new Date());
    if (takeBack === undefined) throw receiptReused();
    try {
      const response = responseTo(query, await supply(query, signal));
      requireSendable(response);
      await this.keep(request, receipt);
      return response;
    } catch (error) {
      // Nothing leaves, so the asker may come again with the same receipt.
      takeBack();
      throw error;
    }
  }

  /** Not even the exchange can ask what no institution has signed. @throws Unauthenticated with a `TokenReason` */
  private async requireSigned(query: Omit<SupplyQuery, 'reference'>, token: string): Promise<void> {
    const { customer, dataService, fieldGroups } = query;
    const question = { ...query, dataServices: [{ dataService, fieldGroups }] };
    await this.tokens.verifyHandedOn(token, question, this.options.institutionKeys(customer));
  }

  private async keep({ dataService, ask, askSalt }: SupplyRequest, receipt: Receipt): Promise<void> {
    const { receiptStore } = this.options;
    if (receiptStore === 'none') return;
    let isNew: boolean;
    try {
      isNew = await receiptStore.keep({ receipt, dataService, ask, askSalt });
    } catch (error) {
      const failure = new Unavailable(
        'RECEIPT_NOT_KEPT',
        'the source cannot keep receipts now, and answers nothing; try again',
      );
      failure.cause = error;
      throw failure;
    }
    if (!isNew) throw receiptReused();
  }

  /** Each request is handled as if it came alone; the first failure ends the call once the others are answered. */
  supplyMany({ requests }: SupplyManyRequest, call: SupplyCall): AsyncGenerator<SupplyManyResponse> {
    parseRequest(supplyManyRequest, { requests });
    return messagesOf(requests.map((request) => this.supply(request, call)));
  }
}

/** One that the asker cannot take would end the call, and with it answers that are kept as given. */
const requireSendable = (response: SupplyResponse): void => {
  if (SupplyResponse.encode(response).finish().length > MAX_ANSWER_BYTES)
    throw new FailedPrecondition('ANSWER_TOO_LARGE', 'what the source has on this person is more than 1,000,000 bytes');
};

const receiptReused = () =>
  new PermissionDenied(
    'RECEIPT_REUSED',
    'data is supplied once against a receipt, and this one was answered; ask again with a new one',
  );

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
