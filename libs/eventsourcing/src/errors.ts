/** A concurrent writer was first: read and decide again. */
export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';

  constructor() {
    super('changed by another call; read again and retry');
  }
}

/** The same request id was used for another request. */
export class RequestIdReused extends Error {
  override readonly name = 'RequestIdReused';

  constructor(message = 'this request_id was used for another request; use a new UUIDv7 for each new request') {
    super(message);
  }
}

/** A stored event has a type or a schema version that this version of the service does not know: a newer one wrote it. */
export class NeedsNewerVersion extends Error {
  override readonly name = 'NeedsNewerVersion';

  constructor(readonly event: { readonly type: string; readonly schemaVersion: number }) {
    super(
      `this version does not know ${event.type}, schema version ${event.schemaVersion}: a newer version of the service wrote it`,
    );
  }
}

/** The month of a journal stream is closed: a late event is a new stream that names the first one. */
export class StreamClosed extends Error {
  override readonly name = 'StreamClosed';

  constructor() {
    super('the month in which this stream began is closed; what comes late is written to a new stream');
  }
}
