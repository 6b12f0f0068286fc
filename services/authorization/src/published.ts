import { PolicyChanged } from '@crossroads/contracts/authorization/v1/events';
import { type Published, publicationOf } from '@crossroads/messaging';
import { entityOf } from './entity-messages.js';
import { policyEventOf } from './policy-stream.js';

export const TOPIC = 'crossroads.authorization.v1';

/** Each change of the policy, whole. */
export const published: Published = (recorded) => {
  const event = policyEventOf(recorded);
  if (!event) return undefined;
  const { revision } = recorded;
  return publicationOf(recorded, {
    topic: TOPIC,
    source: 'urn:crossroads:service:authorization',
    service: TOPIC,
    type: `${TOPIC}.policies.notify.changed`,
    key: recorded.streamId,
    data: PolicyChanged.encode({ policyRevision: revision, entity: entityOf(event) }).finish(),
  });
};
