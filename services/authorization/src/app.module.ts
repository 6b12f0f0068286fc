import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AuthorizationModule } from './authorization/authorization.module.js';
import { RegisterModule } from './register/register.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), AuthorizationModule, RegisterModule] })
export class AppModule {}
