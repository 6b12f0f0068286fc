import type {
  PublishMessagesRequest,
  PublishMessagesResponse,
} from '@crossroads/contracts/ebox/v1/publication_service';
import type { Call } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { inOrder } from './in-order.js';
import { NewMessageReader } from './new-message.reader.js';
import { counted } from './publication-metrics.js';
import { Publications } from './publications.js';
import { refusedMessage } from './refused.message.js';

/** Of one stream: two transactions' worth, so that one is filled while the other is written. */
const AT_ONCE = 1_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Publishes the messages of a stream. */
@Injectable()
export class MessageStream {
  constructor(
    private readonly reader: NewMessageReader,
    private readonly publications: Publications,
    private readonly policy: PolicyFollower,
  ) {}

  /** @throws what is no refusal of one message: a key is withdrawn, the database or the directory is away, a message is no protobuf */
  async *publish(requests: AsyncIterable<PublishMessagesRequest>, call: Call): AsyncGenerator<PublishMessagesResponse> {
    let number = 0n;
    for await (const outcome of inOrder(requests, (request) => this.publishOne(request, call), AT_ONCE))
      yield { ...outcome, number: ++number };
  }

  private async publishOne(
    request: PublishMessagesRequest,
    call: Call,
  ): Promise<Omit<PublishMessagesResponse, 'number'>> {
    this.policy.requireAllowed(call);
    const sent = request.message?.requestId ?? '';
    // What is no id may be anything, also something of a person.
    const requestId = UUID.test(sent) ? sent : '';
    try {
      const value = await counted(async () => this.publications.publish(call.caller, this.reader.read(request)));
      return { requestId, outcome: { $case: 'published', value } };
    } catch (error) {
      const value = refusedMessage(error);
      if (value === undefined) throw error;
      return { requestId, outcome: { $case: 'refused', value } };
    }
  }
}
