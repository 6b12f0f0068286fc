import { counter } from '@crossroads/telemetry';
import { refusedMessage } from './refused.message.js';

const publications = counter('crossroads.publications');

/** Counts how the publication of one message ends. What concerns no message, such as an outage, is not counted. */
export const counted = async <Outcome>(publish: () => Promise<Outcome>): Promise<Outcome> => {
  try {
    const outcome = await publish();
    publications.add(1, { outcome: 'ACCEPTED', reason: '' });
    return outcome;
  } catch (error) {
    const refused = refusedMessage(error);
    if (refused) publications.add(1, { outcome: 'REFUSED', reason: refused.reason });
    throw error;
  }
};
