import { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';

const codecs = {
  requestSerialize: (value: ReadRequest): Buffer => Buffer.from(ReadRequest.encode(value).finish()),
  requestDeserialize: (value: Buffer): ReadRequest => ReadRequest.decode(value),
  responseSerialize: (value: ReadResponse): Buffer => Buffer.from(ReadResponse.encode(value).finish()),
  responseDeserialize: (value: Buffer): ReadResponse => ReadResponse.decode(value),
};

/** A definition with an rpc of each kind, in the form that ts-proto generates. */
export const EchoService = {
  echo: {
    path: '/crossroads.spec.v1.EchoService/Echo' as const,
    requestStream: false as const,
    responseStream: false as const,
    ...codecs,
  },
  refuse: {
    path: '/crossroads.spec.v1.EchoService/Refuse' as const,
    requestStream: false as const,
    responseStream: false as const,
    ...codecs,
  },
  collect: {
    path: '/crossroads.spec.v1.EchoService/Collect' as const,
    requestStream: true as const,
    responseStream: false as const,
    ...codecs,
  },
  count: {
    path: '/crossroads.spec.v1.EchoService/Count' as const,
    requestStream: false as const,
    responseStream: true as const,
    ...codecs,
  },
  chat: {
    path: '/crossroads.spec.v1.EchoService/Chat' as const,
    requestStream: true as const,
    responseStream: true as const,
    ...codecs,
  },
} as const;

export const request = (topic: string): ReadRequest => ReadRequest.fromPartial({ topic });
export const response = (id: string): ReadResponse => ReadResponse.fromPartial({ event: { id } });
