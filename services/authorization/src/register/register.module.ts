import { Module } from '@nestjs/common';
import { OwnPolicyModule } from '../policy/own-policy.module.js';
import { PublishedDeliberations } from './published-deliberations.js';
import { RegisterController } from './register.controller.js';
import { Vocabulary } from './vocabulary.js';

@Module({
  imports: [OwnPolicyModule],
  controllers: [RegisterController],
  providers: [PublishedDeliberations, Vocabulary],
})
export class RegisterModule {}
