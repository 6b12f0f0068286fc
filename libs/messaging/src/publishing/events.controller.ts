import {
  EventsServiceService,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import { type Call, GrpcController, Rpc } from '@crossroads/grpc';
import { eventsCallersOf } from '@crossroads/topology';
import { type PublishedEvents, publishedEvents } from './published-events.js';
import { RelayJob } from './relay.job.js';

/** Serves what was published, from the first event on, to the readers of this service's topics. */
@GrpcController(EventsServiceService, (service) => ({ read: eventsCallersOf(service) }))
export class EventsController {
  private readonly events: PublishedEvents;

  constructor(store: PostgresEventStore, relay: RelayJob) {
    this.events = publishedEvents(store, relay.published);
  }

  @Rpc(EventsServiceService.read, undefined, { lane: 'bulk' })
  read(request: ReadRequest, call: Call): AsyncIterable<ReadResponse> {
    return this.events.read(request, call);
  }
}
