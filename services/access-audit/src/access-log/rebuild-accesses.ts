import type { ProviderOf, ViewOfLog } from '@crossroads/service';
import { AccessLog, RECORDED } from './access-log.js';
import { addAccesses } from './access.repository.js';

/** The table `accesses`, from the records in the log. */
export const accessesView = (providerOf: ProviderOf): ViewOfLog => ({
  from: 'log',
  table: 'accesses',
  types: [RECORDED],
  key: 'journal_id',
  compared: ['person_id', 'at', 'self_consultation'],
  apply: async (tx, events) => addAccesses(tx, await (await providerOf(AccessLog)).rowsIn(events), 'accesses_rebuilt'),
});
