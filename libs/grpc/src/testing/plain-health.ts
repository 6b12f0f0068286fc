import { Client, credentials } from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';

/** A health client without TLS, like a kubelet's. */
export class PlainHealth {
  private readonly client: Client;

  constructor(port: number | undefined) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** The status, or the code of the refusal. */
  check(service: string): Promise<unknown> {
    const { Check } = health;
    if (!Check) throw new Error('no health service');
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        Check.path,
        Check.requestSerialize,
        Check.responseDeserialize,
        { service },
        (error, answer) => resolve(error ? error.code : Reflect.get(Object(answer), 'status')),
      );
    });
  }

  close(): void {
    this.client.close();
  }
}
