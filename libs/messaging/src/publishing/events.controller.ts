import {
  type CheckRequest,
  type CheckResponse,
  EventsServiceService,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { type Call, GrpcController, Rpc } from '@crossroads/grpc';
import { eventsCallersOf } from '@crossroads/topology';
import { type PublishedEvents, publishedEvents } from './published-events.js';
import { RelayJob } from './relay.job.js';

/** Serves what was published, from the first event on, to the readers of this service's topics. */
@GrpcController(EventsServiceService, (service) => ({
  read: eventsCallersOf(service),
  check: eventsCallersOf(service),
}))
export class EventsController {
  constructor(private readonly relay: RelayJob) {}

  @Rpc(EventsServiceService.read, undefined, { lane: 'bulk' })
  read(request: ReadRequest, call: Call): AsyncIterable<ReadResponse> {
    return this.events().read(request, call);
  }

  @Rpc(EventsServiceService.check)
  check(request: CheckRequest): Promise<CheckResponse> {
    return this.events().check(request);
  }

  private events(): PublishedEvents {
    const published = this.relay.published();
    if (published === undefined) throw new TypeError('a service that publishes has a @Publisher');
    return publishedEvents(published);
  }
}
