import type { ConsultRequest, DataServiceRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import {
  type ValidationContext,
  InvalidInput,
  type Read,
  readDay,
  readEnterpriseNumber,
  readFields,
  readLegalContext,
  readList,
  readOptional,
  readRequestId,
  readSsin,
  readText,
} from '@crossroads/grpc';
import type { IsoDay, LegalContext, Ssin } from '@crossroads/identifiers';

const MAX_SERVICES = 16;
const MAX_GROUPS = 64;
const MAX_NAME_LENGTH = 128;

/** A request whose fields are all well-formed. */
export interface ConsultInput {
  readonly requestId: string;
  /** Absent: the caller's own institution. */
  readonly customer: string | undefined;
  readonly ssin: Ssin;
  readonly legalContext: LegalContext;
  readonly dataServices: readonly DataServiceInput[];
  readonly day: IsoDay;
}

export interface DataServiceInput {
  readonly dataService: string;
  /** Empty: everything that is granted. */
  readonly fieldGroups: readonly string[];
}

/** @throws InvalidInput naming every field that is wrong. */
export const readConsultRequest = (request: ConsultRequest, context: ValidationContext): ConsultInput => {
  const fields = readFields({
    requestId: readRequestId(request.requestId),
    customer: readOptional(request.customer, (number) => readEnterpriseNumber('customer', number)),
    ssin: readSsin('ssin', request.ssin, context),
    legalContext: readLegalContext('legal_context', request.legalContext),
    dataServices: readList('data_services', request.dataServices, { max: MAX_SERVICES }, readDataService),
    asOf: readOptional(request.asOfDate, (date) => readDay('as_of_date', date)),
  });
  const { asOf, ...rest } = fields;
  rest.dataServices.forEach(({ dataService, fieldGroups }, index, services) => {
    const before = services.slice(0, index).some((other) => other.dataService === dataService);
    if (before) throw duplicate(`data_services[${index}].data_service`);
    const second = fieldGroups.findIndex((group, at) => fieldGroups.indexOf(group) < at);
    if (second >= 0) throw duplicate(`data_services[${index}].field_groups[${second}]`);
  });
  if (asOf !== undefined && asOf > context.today)
    throw new InvalidInput({
      field: 'as_of_date',
      reason: 'FUTURE_DATE',
      description: 'today or a day in the past; leave it out for today',
    });
  return { ...rest, day: asOf ?? context.today };
};

const readDataService = (field: string, request: DataServiceRequest): Read<DataServiceInput> => {
  const dataService = readText(`${field}.data_service`, request.dataService, { max: MAX_NAME_LENGTH });
  const fieldGroups = readList(
    `${field}.field_groups`,
    request.fieldGroups,
    { min: 0, max: MAX_GROUPS },
    (name, group) => readText(name, group, { max: MAX_NAME_LENGTH }),
  );
  if (dataService.ok && fieldGroups.ok)
    return { ok: true, value: { dataService: dataService.value, fieldGroups: fieldGroups.value } };
  return { ok: false, violations: [dataService, fieldGroups].flatMap((read) => (read.ok ? [] : read.violations)) };
};

const duplicate = (field: string) =>
  new InvalidInput({ field, reason: 'DUPLICATE', description: 'name each one once' });
