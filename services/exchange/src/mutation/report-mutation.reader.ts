import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import {
  type ValidationContext,
  type Read,
  readDay,
  readEnterpriseNumber,
  readFields,
  readList,
  readOptional,
  readRequestId,
  readSsin,
  readText,
} from '@crossroads/grpc';
import type { IsoDay, Ssin } from '@crossroads/identifiers';
import type { JsonObject } from '@crossroads/policy';
import { isJsonObject } from '../sources/json.js';

const MAX_GROUPS = 64;
const MAX_NAME_LENGTH = 128;

/** A report whose fields are all well-formed. */
export interface ReportMutationInput {
  readonly requestId: string;
  /** Absent: the caller's own institution. */
  readonly reporter: string | undefined;
  readonly ssin: Ssin;
  readonly dataService: string;
  readonly sourceRevision: bigint;
  readonly changedFieldGroups: readonly string[];
  readonly data: JsonObject;
  readonly effectiveDate: IsoDay;
}

/** @throws InvalidInput naming every field that is wrong. */
export const readReportMutation = (request: ReportMutationRequest, context: ValidationContext): ReportMutationInput =>
  readFields({
    requestId: readRequestId(request.requestId),
    reporter: readOptional(request.reporter, (number) => readEnterpriseNumber('reporter', number)),
    ssin: readSsin('ssin', request.ssin, context),
    dataService: readText('data_service', request.dataService, { max: MAX_NAME_LENGTH }),
    sourceRevision: readSourceRevision(request.sourceRevision),
    changedFieldGroups: readGroups(request.changedFieldGroups),
    data: readData(request.data),
    effectiveDate: readDay('effective_date', request.effectiveDate),
  });

const readSourceRevision = (raw: bigint): Read<bigint> =>
  raw > 0n
    ? { ok: true, value: raw }
    : invalid('source_revision', 'INVALID_SOURCE_REVISION', 'a whole number above zero');

const readGroups = (raw: readonly string[]): Read<string[]> => {
  const groups = readList('changed_field_groups', raw, { max: MAX_GROUPS }, (field, group) =>
    readText(field, group, { max: MAX_NAME_LENGTH }),
  );
  const second = raw.findIndex((group, index) => raw.indexOf(group) < index);
  return second < 0 ? groups : invalid(`changed_field_groups[${second}]`, 'DUPLICATE', 'name each one once');
};

const readData = (raw: unknown): Read<JsonObject> =>
  isJsonObject(raw) ? { ok: true, value: raw } : invalid('data', 'REQUIRED', 'needed: the changed groups, each whole');

const invalid = (field: string, reason: string, description: string): Read<never> => ({
  ok: false,
  violations: [{ field, reason, description }],
});
