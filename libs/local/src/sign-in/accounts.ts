import { createHmac } from 'node:crypto';

/** Somebody of the demo, as the page shows them. */
export interface SignInPerson {
  readonly ssin: string;
  readonly name: string;
}

/** Who has signed in, and what they are in enterprises: roles by enterprise number. */
export interface Account {
  readonly ssin: string;
  readonly enterpriseRoles: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Who has signed in. What leaves the provider names an account by a keyed hash: a number has too few digits for one without a key. */
export class Accounts {
  private readonly byId = new Map<string, Account>();

  /** `secret`: with the same one, a person keeps their pseudonyms over restarts. */
  constructor(
    private readonly secret: string,
    private readonly people: Promise<readonly SignInPerson[]>,
  ) {}

  /** The id of an account. It names the person only here. */
  open(account: Account): string {
    const id = this.hash('account', JSON.stringify([account.ssin, account.enterpriseRoles]));
    this.byId.set(id, account);
    return id;
  }

  find(id: string): Account | undefined {
    return this.byId.get(id);
  }

  /** The `sub` of the person for the clients of a sector. */
  pseudonym(id: string, sector: string): string {
    return this.hash('sub', JSON.stringify([sector, this.byId.get(id)?.ssin ?? id]));
  }

  /** For the greeting; undefined for a number that the demo's people do not have. */
  async nameOf({ ssin }: Account): Promise<string | undefined> {
    return (await this.people).find((person) => person.ssin === ssin)?.name;
  }

  private hash(use: string, text: string): string {
    return createHmac('sha256', this.secret).update(`${use}\n${text}`).digest('base64url');
  }
}
