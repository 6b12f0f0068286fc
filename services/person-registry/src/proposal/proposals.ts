import { PostgresEventStore, Streams } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import {
  PROPOSAL_EVENTS,
  type ProposalCommand,
  proposalDecider,
  type ProposalEvent,
  type ProposalState,
} from './proposal.decider.js';

/** The streams of proposals. They hold ids, blind indexes and officials, and nothing that names a person. */
@Injectable()
export class Proposals extends Streams<ProposalState, ProposalCommand, ProposalEvent> {
  constructor(store: PostgresEventStore) {
    super(store, { type: 'proposal', decider: proposalDecider, events: PROPOSAL_EVENTS });
  }
}
