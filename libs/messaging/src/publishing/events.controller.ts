import {
  EventsServiceService,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import { type Call, GrpcController, Rpc } from '@crossroads/grpc';
import { eventsCallersOf } from '@crossroads/topology';
import { type EventsController as Events, eventsController } from './published-events.js';
import { Relays } from './relay.job.js';

/** What was published, from the beginning: for the readers of this service's topics. */
@GrpcController(EventsServiceService, (service) => ({ read: eventsCallersOf(service) }))
export class EventsController {
  private readonly events: Events;

  constructor(store: PostgresEventStore, relays: Relays) {
    this.events = eventsController(store, relays.published);
  }

  @Rpc(EventsServiceService.read)
  read(request: ReadRequest, call: Call): AsyncIterable<ReadResponse> {
    return this.events.read(request, call);
  }
}
