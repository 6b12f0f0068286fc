import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const ANSWERED = 0x8580;
const A = 1;
/** A compressed reference to the name in the question. */
const SAME_NAME = 0xc00c;

/** A DNS server that answers every query with the same IPv4 addresses, as the name of a headless Service does. */
export class NameServer {
  private constructor(
    private readonly socket: Socket,
    private readonly addresses: readonly string[],
  ) {}

  static async of(addresses: readonly string[]): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket, addresses);
    socket.on('message', (question, { port, address }) => socket.send(server.answer(question), port, address));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  close(): void {
    this.socket.close();
  }

  private answer(question: Buffer): Buffer {
    const end = question.indexOf(0, HEADER_BYTES) + 5;
    const records = question.readUInt16BE(end - 4) === A ? this.addresses.map(recordOf) : [];
    const header = Buffer.from(question.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(ANSWERED, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    header.fill(0, 8);
    return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...records]);
  }
}

/** An A record with a TTL of 0. */
const recordOf = (address: string): Buffer => {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(SAME_NAME, 0);
  record.writeUInt16BE(A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
};
