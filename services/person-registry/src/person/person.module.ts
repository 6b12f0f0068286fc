import { OfficialsModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { NumberModule } from '../number/number.module.js';
import { NumberChanges } from './number-changes.js';
import { PersonCodec } from './person.codec.js';
import { PersonCommands } from './person.commands.js';
import { PersonPublisher } from './person.publisher.js';
import { PersonReassertions } from './person-reassertions.js';
import { PersonSnapshots } from './person-snapshots.js';
import { Persons } from './persons.js';
import { Reporters } from './reporters.js';

/** Persons and their facts. */
@Module({
  imports: [NumberModule, OfficialsModule],
  providers: [
    NumberChanges,
    PersonCodec,
    PersonSnapshots,
    Persons,
    PersonCommands,
    PersonReassertions,
    PersonPublisher,
    Reporters,
  ],
  exports: [NumberModule, NumberChanges, Persons, PersonCommands, Reporters],
})
export class PersonModule {}
