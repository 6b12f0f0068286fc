import { readFileSync } from 'node:fs';
import { sourceService } from '@crossroads/client/source';
import { file, meshSettings, oneOf, optional, readConfiguration, text } from '@crossroads/configuration';
import { startServer } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { readReceiptKeys } from '@crossroads/transparency';
import { openPopulation } from '../people/index.js';
import { STATUSES, WAGES } from './deliberations.js';

const { databaseUrl: _, databaseMigratorUrl: __, ...settings } = meshSettings;

/** An authentic source of the demo: it keeps its own data, and supplies it against a receipt only. */
const config = readConfiguration({
  ...settings,
  dataService: oneOf('DATA_SERVICE', 'what it supplies', [WAGES, STATUSES]),
  people: optional(text('PEOPLE', 'folder of its data; without one, data made by rule')),
  receiptKeysFile: file('RECEIPT_KEYS_FILE', 'whose receipts it believes'),
});
const today = () => dayOf(new Date());
const population = await openPopulation(config.people, today());
const held: ReadonlyMap<string, object> = config.dataService === WAGES ? population.wages : population.statuses;

const server = await startServer({
  host: config.host,
  port: config.port,
  tls: { ca: config.tlsCaFile, cert: config.tlsCertFile, key: config.tlsKeyFile },
  trustDomain: config.trustDomain,
  domain: 'source.crossroads',
  services: [
    sourceService({
      dataServices: [config.dataService],
      receiptKeys: readReceiptKeys(readFileSync(config.receiptKeysFile, 'utf8')),
      door: () => ({ mode: config.mode, today: today() }),
      supply: async ({ ssin }) => {
        const data = held.get(ssin);
        // Nothing of the demo's sources has ever changed.
        return data && { data: { ...data }, sourceRevision: 1n };
      },
    }),
  ],
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
