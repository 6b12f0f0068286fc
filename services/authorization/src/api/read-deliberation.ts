import type {
  Deliberation as DeliberationMessage,
  Grant as GrantMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import {
  type Read,
  readEnterpriseNumber,
  readInscriptionContext,
  readLegalContext,
  readList,
  readPeriod,
} from '@crossroads/grpc';
import type { Draft, Grant, Validity } from '../domain/entities.js';
import { bad, distinct, good, missing, readAll, readPublicText } from './fields.js';
import { readDataServiceName, readFieldGroupName } from './read-data-service.js';

const MAX_GRANTS = 100;
const MAX_NAMES = 100;

export const readDraft = (raw: DeliberationMessage | undefined, deliberationId: string): Read<Draft> => {
  if (!raw) return missing('deliberation', 'the draft');
  return readAll<Draft>({
    deliberationId: good(deliberationId),
    reference: readPublicText('deliberation.reference', raw.reference, 100),
    title: readPublicText('deliberation.title', raw.title, 500),
    recipient: readEnterpriseNumber('deliberation.recipient', raw.recipient),
    grants: readList('deliberation.grants', raw.grants, { max: MAX_GRANTS }, readGrant),
  });
};

const readGrant = (field: string, raw: GrantMessage): Read<Grant> => {
  const names = (name: string, values: readonly string[], read: (at: string, value: string) => Read<string>) =>
    distinct(`${field}.${name}`, readList(`${field}.${name}`, values, { max: MAX_NAMES }, read), String);
  return readAll<Grant>({
    dataService: readDataServiceName(`${field}.data_service`, raw.dataService),
    fieldGroups: names('field_groups', raw.fieldGroups, readFieldGroupName),
    legalContexts: names('legal_contexts', raw.legalContexts, readLegalContext),
    inscriptionContexts: names('inscription_contexts', raw.inscriptionContexts, readInscriptionContext),
    validity: readValidity(`${field}.validity.`, raw.validity),
    online:
      raw.online || raw.subscription
        ? good(raw.online)
        : bad(`${field}.online`, 'REQUIRED', 'needed: online, subscription or both'),
    subscription: good(raw.subscription),
  });
};

const readValidity = (prefix: string, raw: GrantMessage['validity']): Read<Validity> => {
  const period = readPeriod(raw ?? {}, prefix);
  return period.ok ? good({ startDate: raw?.startDate, endDate: raw?.endDate }) : period;
};
