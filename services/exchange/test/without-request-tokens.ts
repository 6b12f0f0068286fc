import { RequestTokens } from '@crossroads/request-token';

/** For the bench: a process that imports this believes every question, so that what its signature costs can be measured. */
RequestTokens.prototype.verify = () => Promise.resolve({ kind: 'official', id: 'desk-4', role: 'social worker' });
