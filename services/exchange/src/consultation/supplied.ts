import {
  ConsultationStatus,
  type FilteredElement,
  type ServiceOutcome,
} from '@crossroads/contracts/access/v1/access_record';
import type { DataServiceResult } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type SupplyResponse, SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { type CompiledDataService, cut } from '@crossroads/policy';
import type { DataSchemas } from '../sources/data-schemas.js';
import { isJsonObject } from '../sources/json.js';
import type { DecidedService } from './decide-services.js';
import type { SourceFailure } from './ports.js';

const { CONSULTATION_STATUS_DATA_FOUND, CONSULTATION_STATUS_NO_DATA_FOUND, CONSULTATION_STATUS_NO_RESULT } =
  ConsultationStatus;

/** A result, with the field groups of which something left. */
export interface Result {
  readonly result: DataServiceResult;
  readonly released: readonly string[];
}

export const noResult = (dataService: string, reason: string, deliberationId = ''): Result => ({
  result: {
    dataService,
    status: CONSULTATION_STATUS_NO_RESULT,
    data: undefined,
    sourceRevision: 0n,
    filtered: [],
    deliberationId,
    reason,
  },
  released: [],
});

type Allowed = Extract<DecidedService, { allowed: true }>;

/** Checks what a source answered, and leaves of it what may leave. */
export const resultOf = (
  { service, asked, decision }: Allowed,
  ssin: string,
  answer: SupplyResponse | SourceFailure,
  schemas: DataSchemas,
): Result => {
  const { fieldGroups } = decision;
  const [deliberationId] = decision.deliberationIds;
  if (typeof answer === 'string') return noResult(service.name, answer, deliberationId);
  const notReleased = notGranted(service, asked.fieldGroups, fieldGroups);
  const common = { dataService: service.name, sourceRevision: answer.sourceRevision, deliberationId, reason: '' };

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
    schemas.violations(service, fieldGroups, data).length === 0;
  if (!isSound) return noResult(service.name, 'SOURCE_ANSWER_INVALID', deliberationId);
  const left = cut(data, service, fieldGroups, asked.fieldGroups);
  const known = new Set(left.filtered.map(({ path }) => path));
  return {
    result: {
      ...common,
      status: CONSULTATION_STATUS_DATA_FOUND,
      data: left.data,
      filtered: [...left.filtered, ...notReleased.filter(({ path }) => !known.has(path))],
    },
    released: fieldGroups,
  };
};

/** What the source was not even asked for, as cut elements: the paths of wanted groups that were not granted. */
const notGranted = (
  service: CompiledDataService,
  requested: readonly string[],
  granted: readonly string[],
): FilteredElement[] => {
  const wanted = requested.length > 0 ? requested : [...service.fieldGroups.keys()];
  const free = granted.flatMap((group) => service.fieldGroups.get(group) ?? []);
  const isFree = (path: string) => free.some((other) => path === other || path.startsWith(`${other}.`));
  return wanted
    .filter((group) => !granted.includes(group))
    .flatMap((fieldGroup) =>
      (service.fieldGroups.get(fieldGroup) ?? [])
        .filter((path) => !isFree(path))
        .map((path) => ({ path, fieldGroup, reason: 'NOT_GRANTED' })),
    );
};

export const outcomeOf = ({ result, released }: Result): ServiceOutcome => ({
  dataService: result.dataService,
  status: result.status,
  sourceRevision: result.sourceRevision,
  releasedFieldGroups: released,
  filtered: result.filtered,
  reason: result.reason,
});
