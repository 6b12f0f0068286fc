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
import {
  distinct,
  invalid,
  missing,
  readAll,
  readDataServiceName,
  readFieldGroupName,
  readPublicText,
  valid,
} from '../policy/fields.js';
import type { Draft, Grant, Validity } from '../policy/policy-entities.js';

const MAX_GRANTS = 100;
const MAX_NAMES = 100;

export type DraftInput = Omit<Draft, 'deliberationId'>;

export const readDraft = (raw: DeliberationMessage | undefined): Read<DraftInput> => {
  if (!raw) return missing('deliberation', 'the draft');
  return readAll<DraftInput>({
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
        ? valid(raw.online)
        : invalid(`${field}.online`, 'REQUIRED', 'needed: online, subscription or both'),
    subscription: valid(raw.subscription),
  });
};

const readValidity = (prefix: string, raw: GrantMessage['validity']): Read<Validity> => {
  const period = readPeriod(raw ?? {}, prefix);
  return period.ok ? valid({ startDate: raw?.startDate, endDate: raw?.endDate }) : period;
};
