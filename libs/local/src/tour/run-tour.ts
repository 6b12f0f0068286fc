import { dayOf } from '@crossroads/identifiers';
import { PURPOSES } from '../demo/deliberations.js';
import { institutionEntries, numberOf } from '../demo/institutions.js';
import { type DemoNetwork, decidedDeliberation } from '../demo/set-up.js';
import { startDemo } from '../demo/start-demo.js';
import type { LocalMesh } from '../local-mesh.js';
import { openPopulation, type Population } from '../people/index.js';
import { chooseParticipants } from './participants.js';
import { killUnderLoad, move } from './change-steps.js';
import { NotVerified, until } from './checks.js';
import { listAccesses } from './citizen-step.js';
import { consultSources, type ExpectedAccesses, showRefusals } from './consultation-steps.js';
import { inscribe, inscribeAll } from './inscriptions-step.js';
import { exchangeMail } from './mail-steps.js';
import { countNotices, showNotices } from './notices-step.js';
import { showPages } from './pages-step.js';
import { TourOutput } from './tour-output.js';
import { importPopulation, type ImportedPerson } from './population-step.js';
import type { Tour } from './tour.js';

export interface TourOptions {
  readonly mesh: LocalMesh;
  /** A folder with people; absent: generated people. */
  readonly people: string | undefined;
  readonly report: (line: string) => void;
}

/** Runs the tour. Each printed line with a tick was checked before. Resolves to false when a check failed. */
export const runTour = async (options: TourOptions): Promise<boolean> => {
  const output = new TourOutput(options.report);
  const began = performance.now();
  let network: DemoNetwork | undefined;
  try {
    const population = await openPopulation(options.people, dayOf(new Date()));
    network = await startDemo(options.mesh, options.people);
    options.report(
      `  ${institutionEntries().length} institutions registered; the sources have wages of ${population.wages.size} people and statuses of ${population.statuses.size}`,
    );
    await steps({ mesh: options.mesh, network, output }, population);
    output.end((performance.now() - began) / 1_000);
    return true;
  } catch (error) {
    if (!(error instanceof NotVerified)) throw error;
    output.failed(error.message);
    return false;
  } finally {
    network?.close();
  }
};

const steps = async (tour: Tour, population: Population): Promise<void> => {
  const people = await load(tour, population);
  const participants = chooseParticipants(people, population);
  await decide(tour);
  await inscribePeople(tour, people, participants.subject, participants.stranger);
  const moved = await move(tour, participants);
  try {
    const expected: ExpectedAccesses = await consultSources(tour, participants);
    await showRefusals(tour, participants, expected);
    await listAccesses(tour, participants, expected, moved.tickets);
    await exchangeMail(tour, participants);
    const notices = await countNotices(tour, participants);
    await killUnderLoad(tour, participants, moved);
    await showNotices(tour, participants, notices);
    await showPages(tour);
    await approveAgain(tour);
  } finally {
    await moved.close();
  }
};

/** Approves the revoked deliberation again, so that the printed commands work. */
const approveAgain = async ({ network, output }: Tour): Promise<void> => {
  output.step('To try it yourself: the committee approves the deliberation again, so that the commands above work');
  const { deliberation } = await decidedDeliberation(network, 'welfare-office');
  output.verified(`${deliberation.reference} is in force again`);
  output.command('--help');
};

const load = async ({ network, output }: Tour, population: Population): Promise<readonly ImportedPerson[]> => {
  output.step('People: the National Register streams its file into the person registry');
  let shown = performance.now();
  const report = await importPopulation(network.as('national-register'), population, (read) => {
    if (performance.now() - shown < 1_000) return;
    shown = performance.now();
    output.note(`${read} read …`);
  });
  const { records, registered, changed, unchanged, refused } = report;
  output.verified(
    `${records} records: ${registered} registered, ${changed} changed, ${unchanged} unchanged, ${records - registered - changed - unchanged} refused`,
  );
  for (const [reason, count] of refused) output.note(`refused: ${count} ${reason}`);
  output.note('Each person has a random id; the registry stores their data encrypted with a key of their own.');
  return report.people;
};

const decide = async ({ network, output }: Tour): Promise<void> => {
  output.step('Deliberations: institutions apply for access, the committee decides');
  for (const recipient of [
    'health-fund',
    'employment-office',
    'pension-office',
    'welfare-office',
    'national-register',
  ] as const) {
    const { deliberation, isNew } = await decidedDeliberation(network, recipient);
    output.verified(
      `${deliberation.reference} “${deliberation.title}” ${isNew ? 'submitted, and approved by the committee' : 'is in force'}`,
    );
  }
  output.command('deliberations list --as committee');
};

/** The health fund has a file on everybody, the employment office on the person who moves, the pension office on another. */
const inscribePeople = async (
  { network, output }: Tour,
  people: readonly ImportedPerson[],
  subject: ImportedPerson,
  stranger: ImportedPerson,
): Promise<void> => {
  output.step('Inscriptions: each institution registers the persons on whom it has a file');
  const fund = network.as('health-fund');
  await inscribe(fund, PURPOSES['health-fund'].inscriptionContext, people.at(-1)?.ssin ?? subject.ssin);
  const report = await until('the directory to know everybody', async () => {
    const file = await inscribeAll(
      fund,
      PURPOSES['health-fund'].inscriptionContext,
      people.map(({ ssin }) => ssin),
    );
    return file.refused.length > 0 ? undefined : file;
  });
  output.verified(`the health fund's file of ${report.linesRead} lines is in the reference directory`);
  for (const [name, who] of [
    ['employment-office', subject],
    ['welfare-office', subject],
    ['pension-office', stranger],
    ['national-register', subject],
  ] as const)
    await inscribe(network.as(name), PURPOSES[name].inscriptionContext, who.ssin);
  output.verified(
    'the employment office, the welfare office and the National Register have a file on one person, the pension office on another',
  );
  output.command(
    `inscribe --as welfare-office --ssin ${subject.ssin} --context ${PURPOSES['welfare-office'].inscriptionContext}`,
  );
  output.note(`(enterprise number of the welfare office: ${numberOf('welfare-office')})`);
};
