import { newRequestId } from '@crossroads/grpc';
import { type Command, InvalidArgumentError } from 'commander';
import { asInstitution, asOption } from './as-institution.js';
import { printLine } from './print.js';

/** What administrators do with the policy as a whole. */
export const addPolicyCommands = (program: Command): void => {
  program
    .command('policy')
    .description('the policy as a whole')
    .command('accept-fork')
    .description(
      'after a restore of authorization: go on with the policy as it is, once what was lost is entered again',
    )
    .argument('<revision>', 'the present revision, which you have looked at', readRevision)
    .addOption(asOption())
    .action(async (policyRevision: bigint, { as }: { as: string }) => {
      const { lost } = await asInstitution({ as }, ({ authorization }) =>
        authorization.acceptPolicyFork({ requestId: newRequestId(), policyRevision }),
      );
      for (const head of lost)
        printLine(
          `given up: revision ${head.policyRevision}, which ${head.heldBy} held (${head.policyHash.toString('hex')})`,
        );
      printLine(`policy revision ${policyRevision}`);
    });
};

const readRevision = (text: string): bigint => {
  if (!/^[1-9][0-9]{0,17}$/.test(text))
    throw new InvalidArgumentError('a revision of the policy is a whole number from 1');
  return BigInt(text);
};
