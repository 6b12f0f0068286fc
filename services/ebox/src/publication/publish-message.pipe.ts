import type { PublishMessageRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { type MessageInput, NewMessageReader } from './new-message.reader.js';

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class PublishMessagePipe implements PipeTransform<PublishMessageRequest, MessageInput> {
  constructor(private readonly reader: NewMessageReader) {}

  transform(request: PublishMessageRequest): MessageInput {
    return this.reader.read(request);
  }
}
