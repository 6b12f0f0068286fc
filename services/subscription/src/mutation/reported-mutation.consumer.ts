import type { Tx } from '@crossroads/database';
import { type CloudEvent, Consumer, type EventConsumer, type Reading } from '@crossroads/messaging';
import type { DecidedDelivery } from '../delivery/decided-delivery.js';
import { DeliveryNumbering } from '../delivery/delivery-numbering.js';
import { MutationDecisions } from './mutation-decisions.js';

/** Mutations that other authentic sources report to the exchange. Administrators redrive what is parked. */
@Consumer('crossroads.mutation.v1', {
  types: ['crossroads.mutation.v1.mutations.notify.reported'],
  redriveAtStart: false,
})
export class ReportedMutationConsumer implements EventConsumer<DecidedDelivery> {
  constructor(
    private readonly decisions: MutationDecisions,
    private readonly numbering: DeliveryNumbering,
  ) {}

  read(events: readonly CloudEvent[]): Promise<Reading<DecidedDelivery>[]> {
    return this.decisions.decide(events);
  }

  handle(deliveries: readonly DecidedDelivery[], tx: Tx): Promise<void> {
    return this.numbering.append(tx, deliveries);
  }
}
