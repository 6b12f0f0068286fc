import type { Tx } from '@crossroads/database';
import { type CloudEvent, Consumer, type EventConsumer, type Reading } from '@crossroads/messaging';
import { Injectable } from '@nestjs/common';
import type { PreparedDelivery } from '../delivery/decided-delivery.js';
import { DeliveryNumbering } from '../delivery/delivery-numbering.js';
import { MutationDecisions } from './mutation-decisions.js';

/** Decides on the mutations of a topic, and numbers their deliveries. Administrators redrive what is parked. */
@Injectable()
abstract class MutationConsumer implements EventConsumer<PreparedDelivery> {
  constructor(
    private readonly decisions: MutationDecisions,
    private readonly numbering: DeliveryNumbering,
  ) {}

  read(events: readonly CloudEvent[]): Promise<Reading<PreparedDelivery>[]> {
    return this.decisions.decide(events);
  }

  handle(deliveries: readonly PreparedDelivery[], tx: Tx): Promise<void> {
    return this.numbering.append(tx, deliveries);
  }
}

/** Mutations of identification data, from the person registry. */
@Consumer('crossroads.person.v1', {
  types: ['crossroads.person.v1.persons.notify.changed'],
  redriveAtStart: false,
})
export class PersonMutationConsumer extends MutationConsumer {}

/** Mutations that other authentic sources report to the exchange. */
@Consumer('crossroads.mutation.v1', {
  types: ['crossroads.mutation.v1.mutations.notify.reported'],
  redriveAtStart: false,
})
export class ReportedMutationConsumer extends MutationConsumer {}
