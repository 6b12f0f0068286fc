import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import {
  checkSettings,
  fileSetting,
  GrpcSettings,
  MeshSettings,
  oneOfSetting,
  settingsOf,
  textSetting,
} from '@crossroads/configuration';
import { startServer } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { readInstitutionKeys } from '@crossroads/request-token';
import { FileReceiptStore, sourceService } from '@crossroads/source';
import { ReceiptKeySettings } from '@crossroads/source/nest';
import { openPopulation } from '../people/index.js';
import { STATUSES, WAGES } from './deliberations.js';

class DemoSourceSettings extends settingsOf({
  DATA_SERVICE: oneOfSetting('the data service that it supplies', [WAGES, STATUSES]),
  PARTY: textSetting('its enterprise number'),
  INSTITUTION_KEYS: fileSetting('JSON file of the official keys of institutions'),
  RECEIPTS: textSetting('folder in which it keeps receipts'),
  PEOPLE: textSetting('folder of its data; absent: generated data').optional(),
}) {}

/** An authentic source of the demo. It supplies its data only against a receipt. */
checkSettings([MeshSettings, GrpcSettings, ReceiptKeySettings, DemoSourceSettings]);
const [mesh, grpc, { DATA_SERVICE, INSTITUTION_KEYS, PARTY, PEOPLE, RECEIPTS }] = [
  new MeshSettings(),
  new GrpcSettings(),
  new DemoSourceSettings(),
];
const today = () => dayOf(new Date());
const population = await openPopulation(PEOPLE, today());
const records: ReadonlyMap<string, object> = DATA_SERVICE === WAGES ? population.wages : population.statuses;

const server = await startServer({
  ...mesh.connection,
  host: grpc.GRPC_HOST,
  port: grpc.MESH_PORT,
  domain: 'source.crossroads',
  services: [
    sourceService({
      party: PARTY,
      dataServices: [DATA_SERVICE],
      receipts: new ReceiptKeySettings().accepted(),
      institutionKeys: readInstitutionKeys(readFileSync(INSTITUTION_KEYS, 'utf8')),
      receiptStore: await FileReceiptStore.open(RECEIPTS),
      validation: () => ({ mode: mesh.CROSSROADS_MODE, today: today() }),
      supply: async ({ ssin }) => {
        const data = records.get(ssin);
        // The demo's sources never change what they have.
        return data && { data: { ...data }, sourceRevision: 1n };
      },
    }),
  ],
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void server.stop().then(() => process.exit(0)));
