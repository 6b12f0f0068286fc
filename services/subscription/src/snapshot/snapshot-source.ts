import { Clock } from '@crossroads/configuration';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { type SupplyResponse, SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { type CompiledDataService, cut, type Cut } from '@crossroads/policy/decide';
import { DataSchemas, isJsonObject, SourceClient } from '@crossroads/source/client';
import { askedAgain } from '@crossroads/transparency';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Injectable } from '@nestjs/common';
import type { BegunAccess } from './snapshot-accesses.js';

export interface Supplied {
  readonly begun: BegunAccess;
  /** Of the delivery. */
  readonly receipt: Receipt;
  readonly time: Date;
  /** `none`: the source has nothing on the person; `failed`: it did not answer, or not as it must. */
  readonly answer: { readonly revision: bigint; readonly cut: Cut } | 'none' | 'failed';
}

/** Asks the source for persons of a snapshot, as the exchange does for a consultation, but in its lane for bulk work. */
@Injectable()
export class SnapshotSource {
  constructor(
    private readonly sources: SourceClient,
    private readonly schemas: DataSchemas,
    private readonly signer: ReceiptSigner,
    private readonly clock: Clock,
  ) {}

  supply(service: CompiledDataService, asked: readonly string[], begun: readonly BegunAccess[]): Promise<Supplied[]> {
    const time = this.clock.now();
    return Promise.all(
      begun.map(async (one): Promise<Supplied> => {
        const { access, releases, ssin } = one;
        const { source, delivery } = releases;
        const [receipt, deliveryReceipt] = await Promise.all([
          this.signer.sign(askedAgain(source, time)),
          this.signer.sign(askedAgain(delivery, time)),
        ]);
        const request = {
          ssin,
          dataService: service.name,
          fieldGroups: [...access.releasedFieldGroups],
          customer: access.institution,
          legalContext: access.legalContext,
          asOfDate: undefined,
          receipt,
          ask: Buffer.from(source.ask.bytes),
          askSalt: Buffer.from(source.ask.salt),
          requestToken: '',
        };
        const response = await this.sources.supply(service, request, 'bulk');
        return {
          begun: one,
          receipt: deliveryReceipt,
          time,
          answer: await this.answerOf(service, asked, one, response),
        };
      }),
    );
  }

  private async answerOf(
    service: CompiledDataService,
    asked: readonly string[],
    { ssin, access: { releasedFieldGroups } }: BegunAccess,
    response: SupplyResponse | string,
  ): Promise<Supplied['answer']> {
    if (typeof response === 'string') return 'failed';
    const { status, data, sourceRevision: revision } = response;
    if (status === SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND && (response.ssin === ssin || response.ssin === ''))
      return 'none';
    const isSound =
      status === SupplyStatus.SUPPLY_STATUS_DATA_FOUND &&
      response.ssin === ssin &&
      isJsonObject(data) &&
      (await this.schemas.violation(service, releasedFieldGroups, data)) === undefined;
    return isSound ? { revision, cut: cut(data, service, releasedFieldGroups, asked) } : 'failed';
  }
}
