import { eventSourceOf, type ServiceName } from '@crossroads/topology';
import { type DynamicModule, Module } from '@nestjs/common';
import type { AnySettings } from './settings.js';

/** Which service of the mesh this process is. */
export class ServiceIdentity {
  constructor(readonly name: ServiceName) {}

  /** `source` of its events. */
  get urn(): string {
    return eventSourceOf(this.name);
  }
}

type Ask = () => boolean | Promise<boolean>;

/** What the service needs for its work. Each module says what it stands for, when it is made; health asks. */
export class ReadinessChecks {
  private readonly asks: Record<string, { readonly ask: Ask; readonly graceMs: number }> = {};

  add(name: string, ask: Ask, graceMs = 0): void {
    this.asks[name] = { ask, graceMs };
  }

  /** For the server, when it starts to listen. */
  all(): Readonly<Record<string, { readonly ask: Ask; readonly graceMs: number }>> {
    return this.asks;
  }
}

/** What time it is; a test gives its own. */
export class Clock {
  now(): Date {
    return new Date();
  }
}

export interface ServiceOptions {
  readonly name: ServiceName;
  /** Of all modules and of its own; also what its README's table is made of. */
  readonly settings: readonly AnySettings[];
  /** Where this service has another default than the others, by variable. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** Who this process is, and its settings: checked before anything else is made. */
@Module({})
export class ServiceModule {
  static forRoot({ name, settings, defaults = {} }: ServiceOptions): DynamicModule {
    return {
      module: ServiceModule,
      global: true,
      providers: [
        { provide: ServiceIdentity, useValue: new ServiceIdentity(name) },
        Clock,
        ReadinessChecks,
        ...settings.map((one) => ({ provide: one, useFactory: () => new one(withDefaults(defaults)) })),
      ],
      exports: [ServiceIdentity, Clock, ReadinessChecks, ...settings],
    };
  }
}

const withDefaults = (defaults: Readonly<Record<string, string>>) => ({
  ...process.env,
  ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !process.env[name]?.trim())),
});
