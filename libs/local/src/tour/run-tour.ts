import { join } from 'node:path';
import { dayOf } from '@crossroads/identifiers';
import { personRegistry } from '@crossroads/topology';
import { PURPOSES, STATUSES, WAGES } from '../demo/deliberations.js';
import { type InstitutionName, numberOf } from '../demo/institutions.js';
import { type DemoNetwork, decidedDeliberation, setUpDemo } from '../demo/set-up.js';
import { openPopulation, type Population } from '../people/index.js';
import type { RunTour, TourOptions } from '../tour-seam.js';
import { chooseCast } from './cast.js';
import { crash, move } from './change-steps.js';
import { NotVerified, until } from './checks.js';
import { citizenSees } from './citizen-step.js';
import { consults, type Looks, refusals } from './consultation-steps.js';
import { inscribe, inscribeAll } from './inscriptions-step.js';
import { Narrator } from './narrator.js';
import { importPopulation, type Known } from './population-step.js';
import type { Tour } from './tour.js';

/** The whole circle, step by step; each thing that it says is checked before it is said. */
export const runTour: RunTour = async (options) => {
  const narrator = new Narrator(options.say);
  const began = performance.now();
  let network: DemoNetwork | undefined;
  try {
    const population = await openPopulation(options.people, dayOf(new Date()));
    network = await assemble(options, population);
    await steps({ mesh: options.mesh, network, narrator }, population);
    narrator.end((performance.now() - began) / 1_000);
    return true;
  } catch (error) {
    if (!(error instanceof NotVerified)) throw error;
    narrator.failed(error.message);
    return false;
  } finally {
    network?.close();
  }
};

/** Registers the demo's institutions and starts its two sources. */
const assemble = async ({ mesh, people, say }: TourOptions, population: Population): Promise<DemoNetwork> => {
  const { institutions: port, services } = mesh.ports;
  const suppliers = {
    registry: `localhost:${services[personRegistry.name]}`,
    wages: `localhost:${port}`,
    statuses: `localhost:${port + 1}`,
  };
  const network = await setUpDemo(mesh, suppliers);
  const main = join(mesh.root, 'libs', 'local', 'dist', 'demo', 'source-main.js');
  const source = (name: InstitutionName, dataService: string, at: number) =>
    mesh.startInstitution({
      name,
      main,
      port: at,
      identity: identityOf(network, name),
      environment: {
        DATA_SERVICE: dataService,
        RECEIPT_KEYS_FILE: mesh.receiptKeysFile,
        ...(people === undefined ? {} : { PEOPLE: people }),
      },
    });
  await Promise.all([source('wages-source', WAGES, port), source('statuses-source', STATUSES, port + 1)]);
  say(
    `  eleven institutions registered; wages of ${population.wages.size} people and statuses of ${population.statuses.size} at their sources`,
  );
  return network;
};

const identityOf = (network: DemoNetwork, name: InstitutionName) => {
  const { ca, cert, key } = network.connection(name).tls;
  return { ca, certificate: cert, key };
};

const steps = async (tour: Tour, population: Population): Promise<void> => {
  const people = await load(tour, population);
  const cast = chooseCast(people, population);
  await decide(tour);
  await takeUp(tour, people, cast.subject, cast.stranger);
  const moved = await move(tour, cast);
  try {
    const looks: Looks = await consults(tour, cast);
    await refusals(tour, cast, looks);
    await citizenSees(tour, cast, looks, moved.tickets);
    await crash(tour, cast, moved);
    await goOn(tour);
  } finally {
    await moved.close();
  }
};

/** Otherwise what newcomers try next would be refused. */
const goOn = async ({ network, narrator }: Tour): Promise<void> => {
  narrator.step('Your turn: the committee approves the revoked deliberation anew, and the commands above work by hand');
  const { deliberation } = await decidedDeliberation(network, 'welfare-office');
  narrator.did(`${deliberation.reference} is in force again`);
  narrator.byHand('--help');
};

const load = async ({ network, narrator }: Tour, population: Population): Promise<readonly Known[]> => {
  narrator.step('People: the National Register streams its file into the person registry');
  let shown = performance.now();
  const report = await importPopulation(network.as('national-register'), population, (read) => {
    if (performance.now() - shown < 1_000) return;
    shown = performance.now();
    narrator.note(`${read} read …`);
  });
  const { records, registered, changed, unchanged, refused } = report;
  narrator.did(
    `${records} records: ${registered} registered, ${changed} changed, ${unchanged} there already, ${records - registered - changed - unchanged} refused`,
  );
  for (const [reason, count] of refused) narrator.note(`refused: ${count} ${reason}`);
  narrator.note('Each person got a random id; what the registry keeps of them is sealed under a key of their own.');
  return report.people;
};

const decide = async ({ network, narrator }: Tour): Promise<void> => {
  narrator.step('Deliberations: institutions ask, the committee decides');
  for (const recipient of ['health-fund', 'employment-office', 'pension-office', 'welfare-office'] as const) {
    const { deliberation, isNew } = await decidedDeliberation(network, recipient);
    narrator.did(
      `${deliberation.reference} “${deliberation.title}” ${isNew ? 'submitted, and approved by the committee' : 'is in force'}`,
    );
  }
  narrator.byHand('deliberations list --as committee');
};

/** The fund has everybody on its file, the employment office the mover, the pension office somebody else. */
const takeUp = async (
  { network, narrator }: Tour,
  people: readonly Known[],
  subject: Known,
  stranger: Known,
): Promise<void> => {
  narrator.step('Inscriptions: each institution says on whom it has a file');
  const fund = network.as('health-fund');
  await inscribe(fund, PURPOSES['health-fund'].inscriptionContext, people.at(-1)?.ssin ?? subject.ssin);
  const report = await until('the directory to know everybody', async () => {
    const file = await inscribeAll(
      fund,
      PURPOSES['health-fund'].inscriptionContext,
      people.map(({ ssin }) => ssin),
    );
    const unheardOf = file.refused.some(({ reason }) => reason === 'UNKNOWN_SSIN');
    return unheardOf ? undefined : file;
  });
  narrator.did(`the health fund's file of ${report.linesRead} lines is in the reference directory`);
  for (const [name, who] of [
    ['employment-office', subject],
    ['welfare-office', subject],
    ['pension-office', stranger],
  ] as const)
    await inscribe(network.as(name), PURPOSES[name].inscriptionContext, who.ssin);
  narrator.did('the employment office and the welfare office have a file on one person, the pension office on another');
  narrator.byHand(
    `inscribe --as welfare-office --ssin ${subject.ssin} --context ${PURPOSES['welfare-office'].inscriptionContext}`,
  );
  narrator.note(`(enterprise number of the welfare office: ${numberOf('welfare-office')})`);
};
