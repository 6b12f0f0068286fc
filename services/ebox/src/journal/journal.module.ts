import { Module } from '@nestjs/common';

/** Every opening of mail stands in the access journal before anything is shown. */
@Module({})
export class JournalModule {}
