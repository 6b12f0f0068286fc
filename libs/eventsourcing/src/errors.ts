/** A concurrent writer was first: read and decide again. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';

  constructor() {
    super('changed by another call; read again and retry');
  }
}

/** The same request id was used with another body. */
export class RequestIdReused extends Error {
  override readonly name = 'RequestIdReused';

  constructor() {
    super('this request_id was used for another request; use a new UUIDv7 for each new request');
  }
}
