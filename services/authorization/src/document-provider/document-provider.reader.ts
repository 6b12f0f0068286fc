import { fields } from '@crossroads/grpc';
import { deadlineMs, distinctList, hostAndPort, spkiHash } from '../policy/fields.js';
import { MAX_KEYS } from '../policy/policy.decider.js';
import type { DocumentProvider } from '../policy/policy-entities.js';

const MAX_MAINTENANCES = 50;
const MAX_VERSIONS = 10;
/** Major versions of `crossroads.document`. */
const API_VERSIONS = ['v1'];

const apiVersion = fields.field((raw: string, refuse): string =>
  API_VERSIONS.includes(raw) ? raw : refuse('UNKNOWN_API_VERSION', `a version is ${API_VERSIONS.join(' or ')}`),
);

const maintenance = fields
  .message({ startTime: fields.instant, endTime: fields.instant })
  .transform(({ startTime, endTime }, context) =>
    startTime < endTime
      ? { startTime: startTime.toISOString(), endTime: endTime.toISOString() }
      : fields.refuseAt(context, ['endTime'], 'INVALID_PERIOD', 'maintenance ends after it begins'),
  );

export const documentProviderSchema = fields
  .message(
    {
      enterpriseNumber: fields.enterpriseNumber,
      /** Absent: it uploads all its documents. */
      address: fields.optional(hostAndPort),
      serverSpkiHashes: distinctList(spkiHash, { min: 0, max: MAX_KEYS }),
      apiVersions: distinctList(apiVersion, { min: 0, max: MAX_VERSIONS }),
      activity: fields.unchanged(fields.period),
      plannedMaintenance: fields.list(maintenance, { min: 0, max: MAX_MAINTENANCES }),
      deadlineMs: deadlineMs('10,000 ms'),
    },
    'the document provider',
  )
  .transform(({ address = '', activity, ...provider }, context): DocumentProvider => {
    const refuse = (field: string, what: string): void =>
      fields.refuseAt(context, [field], 'REQUIRED', `needed, since it has an address: ${what}`);
    if (address !== '' && provider.serverSpkiHashes.length === 0) refuse('serverSpkiHashes', "its server's keys");
    if (address !== '' && provider.apiVersions.length === 0) refuse('apiVersions', API_VERSIONS.join(' or '));
    return { ...provider, address, activity: { startDate: activity?.startDate, endDate: activity?.endDate } };
  });
