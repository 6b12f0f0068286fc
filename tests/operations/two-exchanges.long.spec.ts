import { Institution } from '@crossroads/client';
import { eventually, freePort } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordedAccesses } from '../recorded-accesses.js';
import { ask } from '../databases.js';
import { progress, WholeMesh } from '../whole-mesh.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { BareClient } from './bare-client.js';
import { findGhz, type GhzReport, runGhz } from './ghz.js';
import { NameServer } from './name-server.js';
import { LoadBalancer } from './load-balancer.js';
import { Renewal } from './renewal.js';
import { Replica } from './replica.js';
import { questionAbout, SteadyLoad } from './steady-load.js';

const PEOPLE = 12;
const NOT_SENT = 'rpc error: code = Unavailable desc = the connection is draining';
/** Two addresses of one ingress, so that a client can use the other when a connection ends. */
const INGRESS = ['127.0.0.1', '127.0.0.2'];
const SSINS = generatedSsins(PEOPLE);

let mesh: WholeMesh;
let replicas: [Replica, Replica];

beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(() => generatedPeople(PEOPLE));
  await mesh.decide('welfare-office');
  await mesh.inscribe('welfare-office', SSINS);
  replicas = [await Replica.start(mesh, 'exchange'), await Replica.start(mesh, 'exchange')];
  // The two replicas replace the mesh's own exchange.
  await mesh.local.process('exchange')?.stop();
});

afterAll(async () => {
  for (const replica of replicas ?? []) replica.kill();
  await mesh?.stop();
});

describe('two processes of the exchange', () => {
  let bare: BareClient;
  let ours: Institution;
  let load: SteadyLoad;

  const begin = () => {
    const connection = mesh.network.connection('welfare-office');
    const exchanges = `ipv4:${replicas.map(({ institutionsAddress }) => institutionsAddress).join(',')}`;
    ours = new Institution({ ...connection, addresses: { ...connection.addresses, exchange: exchanges } });
    bare = new BareClient(exchanges, connection, ours);
    load = new SteadyLoad([bare, ours], SSINS);
  };
  const end = async () => {
    await load.stop();
    bare.close();
    ours.close();
  };
  /** No call failed, and each access is once in the journal and once in the access log, with its outcome. */
  const expectAllAnswered = async () => {
    expect(load.failures).toEqual([]);
    expect(await recordedAccesses(mesh, load.tickets)).toEqual({
      notOnceInJournal: [],
      notOnceInAudit: [],
      open: 0,
      missing: 0,
    });
  };

  it('two exchanges share the consultations', async () => {
    begin();
    await load.more(120);
    await end();
    await expectAllAnswered();
    const shares = await ask<{ share: string }>(
      mesh,
      'exchange',
      `select count(*) as share from es.events
       where type = 'AccessIntended' and data->>'ticket' = any($1) group by data->>'instance'`,
      [load.tickets],
    );
    expect(shares.length).toBe(2);
    for (const { share } of shares) expect(Number(share)).toBeGreaterThan(20);
  });

  it('no call fails while two exchanges are restarted one after the other', async () => {
    begin();
    const ghz = process.platform === 'linux' ? findGhz() : undefined;
    if (ghz === undefined)
      progress('SKIPPED: ghz, which is not installed (go install github.com/bojand/ghz/cmd/ghz@latest)');
    const port = await freePort();
    const ingress = await LoadBalancer.start(replicas, ghz === undefined ? [] : INGRESS, port);
    const names = await NameServer.of(INGRESS);
    const target = `dns://${names.address}/exchange:${port}`;
    const byGhz = ghz === undefined ? undefined : askByGhz(ghz, target, 30);
    let restarts = 0;
    let over = false;
    void byGhz?.finally(() => (over = true)).catch(() => undefined);
    for (let round = 0; round < 2 || (byGhz !== undefined && !over); round++)
      for (const replica of replicas) {
        expect(await replica.stop()).toBe(0);
        await replica.start();
        await load.more(50);
        restarts++;
      }
    const report = await byGhz;
    await end();
    await ingress.close();
    names.close();
    progress(
      `${restarts} restarts, ${load.answered} answers, ${load.failures.length} failures; ghz: ${JSON.stringify(report)}`,
    );
    await expectAllAnswered();
    if (report !== undefined) {
      // ghz 0.93 uses grpc-go 1.34 (2020), which fails a call before it is sent when GOAWAY arrives at the same moment: about one in two
      // thousand. With grpc-go 1.85 no call fails.
      const { [NOT_SENT]: notSent = 0, ...others } = report.errors;
      expect(others).toEqual({});
      expect(notSent).toBeLessThan(report.count / 200);
      expect(report.statuses['OK']).toBe(report.count - notSent);
    }
  });

  it('no call fails while all certificates and their authority are renewed', async () => {
    begin();
    const renewal = await Renewal.of(mesh);
    await renewal.trustBoth();
    await load.more(50);
    await renewal.issueAll('welfare-office');
    await load.more(50);
    await renewal.trustTheNew();
    await load.more(50);
    // Kafka was restarted with the last change, so that a healthy bus means a new connection.
    for (const replica of replicas) expect(await eventually(() => replica.is('bus'), Boolean)).toBe(true);
    await end();
    await expectAllAnswered();
    for (const address of [...replicas.map((replica) => replica.address), ...renewal.others]) {
      expect({ address, serves: await eventually(() => renewal.isServing(address), Boolean) }).toEqual({
        address,
        serves: true,
      });
      expect({ address, servesTheOld: await renewal.isServingTheOld(address) }).toEqual({
        address,
        servesTheOld: false,
      });
    }
  });

  it('an exchange that has stopped is not listed as an instance', async () => {
    const instances = () =>
      ask<{ id: string }>(mesh, 'exchange', 'select instance_id as id from exchange_instances').then((rows) =>
        rows.map(({ id }) => id),
      );
    const before = await eventually(instances, ({ length }) => length === 2);
    expect(await replicas[0].stop()).toBe(0);
    const [left, ...others] = await eventually(instances, ({ length }) => length === 1);
    expect(others).toEqual([]);
    expect(before).toContain(left);
    await replicas[0].start();
    expect(await eventually(instances, ({ length }) => length === 2)).toContain(left);
  });

  const askByGhz = (ghz: string, target: string, seconds: number): Promise<GhzReport> => {
    const requests = Array.from({ length: 4_000 }, (_, index) =>
      mesh.as('welfare-office').signed(questionAbout(SSINS[index % SSINS.length] ?? '')),
    );
    const { tls } = mesh.network.connection('welfare-office');
    return runGhz(ghz, { target, tls, requests, seconds, perSecond: 60, folder: mesh.local.folder.path });
  };
});
