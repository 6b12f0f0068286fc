import { Clock } from '@crossroads/configuration';
import { WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DueProposals } from './due-proposals.repository.js';
import { ProposalCommands } from './proposal.commands.js';

const POLL_MS = 1_000;
const BATCH = 100;

/**
 * Lets confirmed merges take effect. Every process looks: the stream of a proposal lets one of them write, and the others find it done.
 * One that fails does not hold the others up.
 */
@Injectable()
export class DueProposalsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly onError = warn('due proposals');
  private readonly loop = new WorkLoop({ pass: () => this.pass(), onError: this.onError });

  constructor(
    private readonly due: DueProposals,
    private readonly commands: ProposalCommands,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  private async pass(): Promise<number> {
    for (const proposalId of await this.due.due(this.clock.now(), BATCH))
      await this.commands.takeEffect(proposalId).catch((error: unknown) => this.onError(error, 1));
    return POLL_MS;
  }
}
