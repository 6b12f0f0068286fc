import type { CheckRequest, CheckResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import {
  PermissionDenied,
  readDay,
  readEnterpriseNumber,
  readFields,
  readInscriptionContext,
  readLegalContext,
  readList,
  readOptional,
} from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { decide, type Policy } from '@crossroads/policy';
import { readDataServiceName, readFieldGroupName } from './read-data-service.js';
import type { Reader } from './reader.js';

const MAX_NAMES = 200;

/** What would be decided if the customer asked over a connection of its own. */
export const check = (policy: Policy, reader: Reader, request: CheckRequest, now: Date): CheckResponse => {
  const asked = readFields({
    customer: readEnterpriseNumber('customer', request.customer),
    dataService: readDataServiceName('data_service', request.dataService),
    requestedFieldGroups: readList('field_groups', request.fieldGroups, { min: 0, max: MAX_NAMES }, readFieldGroupName),
    legalContext: readLegalContext('legal_context', request.legalContext),
    inscriptionContexts: readList(
      'inscription_contexts',
      request.inscriptionContexts,
      { min: 0, max: MAX_NAMES },
      readInscriptionContext,
    ),
    date: readOptional(request.date, (date) => readDay('date', date)),
  });
  if (!reader.mayAskAbout(asked.customer))
    throw new PermissionDenied('NOT_YOUR_INSTITUTION', 'ask about your own institution, or one that you represent');
  const decision = decide(policy, {
    ...asked,
    // Whose key it is, is not the question here.
    peer: { kind: 'service', name: 'authorization', spki: '' },
    mode: request.subscription ? 'subscription' : 'online',
    day: asked.date ?? dayOf(now),
  });
  const { policyRevision } = decision;
  if (!decision.allowed)
    return { allowed: false, deliberationId: '', fieldGroups: [], reason: decision.reason, policyRevision };
  const [deliberationId] = decision.deliberationIds;
  return { allowed: true, deliberationId, fieldGroups: decision.fieldGroups, reason: '', policyRevision };
};
