import { ConsultationStatus, type FilteredElement, type Outcome } from '@crossroads/contracts/access/v1/access_record';
import type { DataServiceResult } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type SupplyResponse, SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { type CompiledDataService, cut, type RecordedReason } from '@crossroads/policy';
import { type DataSchemas, type SourceFailure, isJsonObject } from '@crossroads/source/client';
import type { DecidedService } from './decide-services.js';

const { CONSULTATION_STATUS_DATA_FOUND, CONSULTATION_STATUS_NO_DATA_FOUND, CONSULTATION_STATUS_NO_RESULT } =
  ConsultationStatus;

/** Receipts are copied into the answer when it is whole. */
const NOT_ASKED = { receipt: undefined, release: undefined };

/** The result for one data service, with the field groups that were released. */
export interface ServiceResult {
  readonly result: DataServiceResult;
  readonly released: readonly string[];
}

export const noResult = (dataService: string, reason: RecordedReason, deliberationId = ''): ServiceResult => ({
  result: {
    dataService,
    status: CONSULTATION_STATUS_NO_RESULT,
    data: undefined,
    sourceRevision: 0n,
    filtered: [],
    deliberationId,
    reason,
    ...NOT_ASKED,
  },
  released: [],
});

type Allowed = Extract<DecidedService, { allowed: true }>;

/** Validates the answer of a source, and cuts it to what may be released. */
export const resultOf = async (
  { service, requested, decision }: Allowed,
  ssin: string,
  answer: SupplyResponse | SourceFailure,
  schemas: DataSchemas,
): Promise<ServiceResult> => {
  const { fieldGroups } = decision;
  const [deliberationId] = decision.deliberationIds;
  if (typeof answer === 'string') return noResult(service.name, answer, deliberationId);
  const notReleased = notGranted(service, requested.fieldGroups, fieldGroups);
  const common = {
    dataService: service.name,
    sourceRevision: answer.sourceRevision,
    deliberationId,
    reason: '',
    ...NOT_ASKED,
  };

  if (answer.status === SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND && (answer.ssin === ssin || answer.ssin === ''))
    return {
      result: { ...common, status: CONSULTATION_STATUS_NO_DATA_FOUND, data: undefined, filtered: notReleased },
      released: [],
    };

  const { data } = answer;
  const isSound =
    answer.status === SupplyStatus.SUPPLY_STATUS_DATA_FOUND &&
    answer.ssin === ssin &&
    isJsonObject(data) &&
    (await schemas.violation(service, fieldGroups, data)) === undefined;
  if (!isSound) return noResult(service.name, 'SOURCE_ANSWER_INVALID', deliberationId);
  const released = cut(data, service, fieldGroups, requested.fieldGroups);
  const known = new Set(released.filtered.map(({ path }) => path));
  return {
    result: {
      ...common,
      status: CONSULTATION_STATUS_DATA_FOUND,
      data: released.data,
      filtered: [...released.filtered, ...notReleased.filter(({ path }) => !known.has(path))],
    },
    released: fieldGroups,
  };
};

/** The paths of requested groups that were not granted, as filtered elements: the source was not asked for them. */
const notGranted = (
  service: CompiledDataService,
  requested: readonly string[],
  granted: readonly string[],
): FilteredElement[] => {
  const requestedGroups = requested.length > 0 ? requested : [...service.fieldGroups.keys()];
  const grantedPaths = granted.flatMap((group) => service.fieldGroups.get(group) ?? []);
  const isGranted = (path: string) => grantedPaths.some((other) => path === other || path.startsWith(`${other}.`));
  return requestedGroups
    .filter((group) => !granted.includes(group))
    .flatMap((fieldGroup) =>
      (service.fieldGroups.get(fieldGroup) ?? [])
        .filter((path) => !isGranted(path))
        .map((path) => ({ path, fieldGroup, reason: 'NOT_GRANTED' })),
    );
};

export const outcomeOf = ({
  result,
  released,
}: ServiceResult): Omit<Outcome, 'outcomeVersion' | 'result' | 'time'> => ({
  status: result.status,
  sourceRevision: result.sourceRevision,
  releasedFieldGroups: released,
  filtered: result.filtered,
  reason: result.reason,
});
