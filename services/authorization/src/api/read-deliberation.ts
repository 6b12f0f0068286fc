import type { Deliberation as DeliberationMessage, Grant as GrantMessage } from '@crossroads/contracts/authorization/v1/policy';
import {
  type Read,
  readDay,
  readEnterpriseNumber,
  readInscriptionContext,
  readLegalContext,
  readList,
  readOptional,
  readPeriod,
} from '@crossroads/grpc';
import type { Draft, Grant } from '../domain/entities.js';
import { bad, distinct, good, missing, readAll, readPublicText } from './fields.js';
import { readDataServiceName, readFieldGroupName } from './read-data-service.js';

const MOST_GRANTS = 100;
const MOST_NAMES = 100;

export const readDraft = (raw: DeliberationMessage | undefined, deliberationId: string): Read<Draft> => {
  if (!raw) return missing('deliberation', 'the draft');
  return readAll<Draft>({
    deliberationId: good(deliberationId),
    reference: readPublicText('deliberation.reference', raw.reference, 100),
    title: readPublicText('deliberation.title', raw.title, 500),
    recipient: readEnterpriseNumber('deliberation.recipient', raw.recipient),
    grants: readList('deliberation.grants', raw.grants, { max: MOST_GRANTS }, readGrant),
  });
};

const readGrant = (field: string, raw: GrantMessage): Read<Grant> => {
  const names = (name: string, values: readonly string[], read: (at: string, value: string) => Read<string>) =>
    distinct(`${field}.${name}`, readList(`${field}.${name}`, values, { max: MOST_NAMES }, read), String);
  return readAll<Grant>({
    dataService: readDataServiceName(`${field}.data_service`, raw.dataService),
    fieldGroups: names('field_groups', raw.fieldGroups, readFieldGroupName),
    legalContexts: names('legal_contexts', raw.legalContexts, readLegalContext),
    inscriptionContexts: names('inscription_contexts', raw.inscriptionContexts, readInscriptionContext),
    validity: readValidity(`${field}.validity.`, raw.validity),
    online: raw.online || raw.subscription ? good(raw.online) : bad(`${field}.online`, 'REQUIRED', 'needed: online, subscription or both'),
    subscription: good(raw.subscription),
  });
};

/** Kept as on the wire: the whole period is checked, and its days stay inclusive. */
const readValidity = (prefix: string, raw: GrantMessage['validity']): Read<Grant['validity']> => {
  if (!raw) return good({});
  const period = readPeriod(raw, prefix);
  if (!period.ok) return period;
  const days = readAll({
    startDate: readOptional(raw.startDate, (day) => readDay(`${prefix}start_date`, day)),
    endDate: readOptional(raw.endDate, (day) => readDay(`${prefix}end_date`, day)),
  });
  if (!days.ok) return days;
  const { startDate, endDate } = days.value;
  return good({ ...(startDate ? { startDate } : {}), ...(endDate ? { endDate } : {}) });
};
