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

/** What the service needs for its work. Each module adds its checks when it is created; health runs them. */
export class ReadinessChecks {
  private readonly asks: Record<string, { readonly ask: Ask; readonly graceMs: number }> = {};

  add(name: string, ask: Ask, graceMs = 0): void {
    this.asks[name] = { ask, graceMs };
  }

  /** Read by the server when it starts to listen. */
  all(): Readonly<Record<string, { readonly ask: Ask; readonly graceMs: number }>> {
    return this.asks;
  }
}

/** The current time; tests provide their own. */
export class Clock {
  now(): Date {
    return new Date();
  }
}

export interface ServiceModuleOptions {
  readonly name: ServiceName;
  /** Settings of all its modules and its own; the table in its README is made of them. */
  readonly settings: readonly AnySettings[];
  /** Defaults that differ from those of other services, by variable. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** Provides the identity of the process and its settings, which are checked before any other provider is created. */
@Module({})
export class ServiceModule {
  static forRoot({ name, settings, defaults = {} }: ServiceModuleOptions): DynamicModule {
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
