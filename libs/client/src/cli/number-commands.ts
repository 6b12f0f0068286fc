import { readFileSync } from 'node:fs';
import { type CallOptions, newRequestId } from '@crossroads/grpc';
import type { Command } from 'commander';
import type { Institution } from '../institution.js';
import { officialToken } from '../tokens.js';
import { enterpriseNumberOf } from './arguments.js';
import { asInstitution, asOption } from './as-institution.js';
import { readMeshFile, tlsOf, UsageError } from './mesh-file.js';
import { printLine } from './print.js';

interface AsOfficial {
  readonly as: string;
  readonly official: string;
  readonly role: string;
  readonly officialsKey?: string;
  readonly kid: string;
}

type Registry = Institution['registry'];

/** What officials do about numbers of persons: each command is one official's, of the institution of the certificate. */
export const addNumberCommands = (program: Command): void => {
  const numbers = program.command('numbers').description('replace, merge and cancel numbers, as an official');
  const command = (name: string, what: string): Command =>
    numbers
      .command(name)
      .description(what)
      .addOption(asOption())
      .requiredOption('--official <id>', 'who answers for it: an opaque id of the institution')
      .option('--role <role>', 'the role of the official', 'registrar')
      .option(
        '--officials-key <path>',
        'key with which the institution signs (default: that of the mesh on this machine)',
      )
      .option('--kid <kid>', 'under which the key is registered', 'officials');

  command('replace', 'one number takes the place of another of the same person')
    .requiredOption('--ssin <number>', 'which is replaced')
    .requiredOption('--by <number>', 'by which; nobody has it yet')
    .action(async (options: AsOfficial & { ssin: string; by: string }) => {
      const { ssin, by: replacingSsin } = options;
      await asOfficial(options, (registry, official) =>
        registry.replaceSsin({ requestId: newRequestId(), ssin, replacingSsin }, official),
      );
      printLine('replaced');
    });

  command('unreplace', 'take a replacement, or two persons who became one, apart again')
    .requiredOption('--ssin <number>', 'which was replaced')
    .action(async (options: AsOfficial & { ssin: string }) => {
      await asOfficial(options, (registry, official) =>
        registry.unreplaceSsin({ requestId: newRequestId(), ssin: options.ssin }, official),
      );
      printLine('taken apart');
    });

  command('propose-merge', 'say that two known persons are one')
    .requiredOption('--ssin <number>', 'which is replaced')
    .requiredOption('--by <number>', 'that of the person who remains')
    .action(async (options: AsOfficial & { ssin: string; by: string }) => {
      const { ssin, by: replacingSsin } = options;
      const { proposalId } = await asOfficial(options, (registry, official) =>
        registry.proposeMerge({ requestId: newRequestId(), ssin, replacingSsin }, official),
      );
      printLine(`proposal ${proposalId}; an official of another reporter confirms it`);
    });

  command('propose-cancellation', 'say that a number should never have been')
    .requiredOption('--ssin <number>', 'which')
    .action(async (options: AsOfficial & { ssin: string }) => {
      const { proposalId } = await asOfficial(options, (registry, official) =>
        registry.proposeCancellation({ requestId: newRequestId(), ssin: options.ssin }, official),
      );
      printLine(`proposal ${proposalId}; an official of another reporter confirms it`);
    });

  command('confirm', 'confirm what an official of another reporter has proposed')
    .argument('<proposal id>')
    .requiredOption('--ssin <number>', 'the number of the proposal, as this official has found it')
    .option('--by <number>', 'of a merge: that of the person who remains', '')
    .action(async (proposalId: string, options: AsOfficial & { ssin: string; by: string }) => {
      const { ssin, by: replacingSsin } = options;
      const { effectiveTime } = await asOfficial(options, (registry, official) =>
        registry.confirmProposal({ requestId: newRequestId(), proposalId, ssin, replacingSsin }, official),
      );
      printLine(`confirmed; it takes effect at ${effectiveTime?.toISOString()}`);
    });

  command('contest', 'object to a proposal, also to a merge that has taken effect')
    .argument('<proposal id>')
    .action(async (proposalId: string, options: AsOfficial) => {
      await asOfficial(options, (registry, official) =>
        registry.contestProposal({ requestId: newRequestId(), proposalId }, official),
      );
      printLine('contested');
    });
};

const asOfficial = async <Result>(
  { as, official: officialId, role, officialsKey, kid }: AsOfficial,
  work: (registry: Registry, official: CallOptions) => Promise<Result>,
): Promise<Result> => {
  const mesh = readMeshFile();
  const { cert } = tlsOf(mesh, as);
  const keyFile = officialsKey ?? mesh.officials?.privateKeys[as];
  if (keyFile === undefined)
    throw new UsageError(`${as} has no official key in this mesh: name one with --officials-key.`);
  const token = await officialToken(
    {
      institution: enterpriseNumberOf(cert),
      officialId,
      role,
      certificate: readFileSync(cert, 'utf8'),
    },
    { kid, privatePem: keyOf(keyFile) },
  );
  return asInstitution({ as }, ({ registry }) => work(registry, { metadata: { authorization: `Bearer ${token}` } }));
};

const keyOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`--officials-key: ${path} cannot be read`);
  }
};
