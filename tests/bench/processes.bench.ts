import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { type Connection, connect } from '@crossroads/grpc';
import { Replica } from '../operations/replica.js';
import { questionAbout } from '../operations/steady-load.js';
import { processorMs } from '../processes.js';
import type { WholeMesh } from '../whole-mesh.js';
import { benchMesh, perOperation, PEOPLE, processorTimes, SSINS } from './bench-mesh.js';
import { closedLoop } from './closed-loop.js';
import { drained } from './consultation.bench.js';
import { CLIENTS } from './echo.js';
import { type Bench, rounded } from './figure.js';
import { idleSince, machineCpu } from './machine.js';

const ROUNDS = 3;
const MS = 8_000;

interface Round {
  readonly perSecond: number;
  readonly details: string;
}

/** Consultations with one and with two processes of exchange and access log, until the access log has them. */
export const processes: Bench = {
  name: 'processes',
  run: async (report) => {
    const mesh = await benchMesh(report);
    const rounds: { readonly one: Round; readonly two: Round }[] = [];
    // Rounds alternate, because the speed of the machine drifts.
    while (rounds.length < ROUNDS) {
      const one = await roundOf(mesh, []);
      const second = [await Replica.start(mesh, 'exchange'), await Replica.start(mesh, 'access-audit')];
      let two: Round;
      try {
        two = await roundOf(mesh, second);
      } finally {
        await Promise.all(second.map((replica) => replica.stop()));
      }
      rounds.push({ one, two });
      report(`processes: one ${rounded(one.perSecond)}/s, two ${rounded(two.perSecond)}/s`);
    }
    const sorted = rounds.toSorted((a, b) => a.two.perSecond / a.one.perSecond - b.two.perSecond / b.one.perSecond);
    const middle = sorted[Math.floor(sorted.length / 2)];
    if (middle === undefined) throw new Error('nothing was measured');
    const { one, two } = middle;
    const ratio = two.perSecond / one.perSecond;
    return [
      {
        what: 'consultations with two exchanges and two access logs',
        measured: `${rounded(two.perSecond)}/s`,
        against: `one of each ${rounded(one.perSecond)}/s`,
        ratio,
        goal: '> 1',
        reached: ratio > 1,
        details: `one: ${one.details}; two: ${two.details}`,
      },
    ];
  },
};

const roundOf = async (mesh: WholeMesh, second: readonly Replica[]): Promise<Round> => {
  const { tls, trustDomain } = mesh.network.connection('welfare-office');
  const further = second
    .filter(({ service }) => service === 'exchange')
    .map(({ institutionsAddress }) => institutionsAddress);
  const exchanges = [mesh.local.mesh().services['exchange']?.institutionsAddress ?? '', ...further];
  const server = { kind: 'service', name: 'exchange' } as const;
  const connections = exchanges.map((address) =>
    connect(ExchangeServiceService, address, { tls, trustDomain, server, deadlineMs: 15_000 }),
  );
  try {
    await closedLoop(CLIENTS, 1_000, (n) => ask(mesh, connections, n));
    await drained(mesh);
    const times = () => new Map([...processorTimes(mesh), ...second.flatMap(timeOf)]);
    const [cpu, machine, from] = [times(), machineCpu(), performance.now()];
    const asked = await closedLoop(CLIENTS, MS, (n) => ask(mesh, connections, n));
    await drained(mesh);
    const perSecond = asked.count / ((performance.now() - from) / 1_000);
    const idle = (idleSince(machine) * 100).toFixed(0);
    return { perSecond, details: `${idle} % idle, cpu ms a consultation: ${perOperation(cpu, times(), asked.count)}` };
  } finally {
    for (const connection of connections) connection.close();
  }
};

/** One exchange after the other. */
const ask = (
  mesh: WholeMesh,
  connections: readonly Connection<typeof ExchangeServiceService>[],
  n: number,
): Promise<unknown> => {
  const connection = connections[n % connections.length];
  if (connection === undefined) throw new RangeError('no exchange');
  return connection.consult(mesh.as('welfare-office').signed(questionAbout(SSINS[n % PEOPLE] ?? '')));
};

const timeOf = ({ service, pid }: Replica): [string, number][] =>
  pid === undefined ? [] : [[`second ${service}`, processorMs(pid)]];
