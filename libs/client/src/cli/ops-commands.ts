import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { readMeshFile, UsageError } from './mesh-file.js';

/** What operators do with a service of the mesh on this machine. In a cluster the service's own `main.js` takes the same commands. */
export const addOpsCommands = (program: Command): void => {
  const ops = program.command('ops').description('operate the services of the mesh on this machine');

  ops
    .command('rebuild')
    .description(
      'rebuild a view from events beside the live one, and put it in its place; goes on after an interruption',
    )
    .argument('<service>', 'for example reference-directory')
    .argument('<view>', 'for example numbers; a wrong one lists those that there are')
    .option('--fresh', 'begin anew instead')
    .action((service: string, view: string, { fresh }: { fresh?: true }) =>
      runMain(service, ['rebuild', view, ...(fresh ? ['--fresh'] : [])]),
    );

  ops
    .command('resync')
    .description('after a restore of its publisher: find the place from which the partitions of a topic go on')
    .argument('<service>', 'that reads the topic')
    .argument('<topic>', 'for example crossroads.person.v1')
    .argument('<partition>', 'a number from 0, or all')
    .option('--confirm', 'go on from there; without it nothing is written')
    .action((service: string, topic: string, partition: string, { confirm }: { confirm?: true }) =>
      runMain(service, ['resync', topic, partition, ...(confirm ? ['--confirm'] : [])]),
    );

  ops
    .command('reassert')
    .description('after a restore of a source: state persons again of whom changes were lost, above the revisions seen')
    .argument('<service>', 'that was restored, for example person-registry')
    .argument('<file>', 'what resync of its consumers has printed; - for standard input')
    .addHelpText(
      'after',
      '\nOf the file these lines count; the same file again appends nothing:\n' +
        '  lost <data service> <personId> <highest source_revision that was lost> <changes that were lost>',
    )
    .action((service: string, file: string) => runMain(service, ['reassert', file]));
};

/** Runs `main.js <command>` with the settings of the service, beside its process. Its output and its exit code are those of the command. */
const runMain = async (service: string, command: readonly string[]): Promise<void> => {
  const { programs = {} } = readMeshFile();
  const found = programs[service];
  if (!found) {
    const names = Object.keys(programs).sort().join(', ') || 'none: start the mesh again (npm start)';
    throw new UsageError(`There is no service "${service}" in this mesh; there are ${names}.`);
  }
  const child = spawn(process.execPath, [found.main, ...command], {
    stdio: 'inherit',
    env: found.environment,
  });
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? 1;
};
