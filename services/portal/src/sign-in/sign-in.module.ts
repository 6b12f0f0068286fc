import { Module } from '@nestjs/common';
import { SessionModule } from '../session/session.module.js';
import { SignInController } from './sign-in.controller.js';

@Module({ imports: [SessionModule], controllers: [SignInController] })
export class SignInModule {}
