import { newRequestId } from '@crossroads/grpc';
import { type Command, InvalidArgumentError } from 'commander';
import { asInstitution, asOption } from './as-institution.js';
import { printLine } from './print.js';

/** What administrators do with the policy as a whole, and what institutions say of themselves in it. */
export const addPolicyCommands = (program: Command): void => {
  const policy = program.command('policy').description('the policy as a whole');
  policy
    .command('accept-representation')
    .description('agree that another institution, which administrators have registered for it, acts for yours')
    .argument('<number>', 'the enterprise number of who will act')
    .addOption(asOption())
    .action(async (representative: string, { as }: { as: string }) => {
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.acceptRepresentation({ requestId: newRequestId(), representative }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
  policy
    .command('withdraw-representation')
    .description('end at once that one institution acts for another, either of which is yours')
    .argument('<representative>', 'the enterprise number of who acts')
    .argument('<represented>', 'the enterprise number of the institution for which it acts')
    .addOption(asOption())
    .action(async (representative: string, represented: string, { as }: { as: string }) => {
      const { policyRevision } = await asInstitution({ as }, ({ authorization }) =>
        authorization.withdrawRepresentation({ requestId: newRequestId(), representative, represented }),
      );
      printLine(`policy revision ${policyRevision}`);
    });
  policy
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
