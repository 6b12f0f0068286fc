import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { ExchangeModule } from './exchange/exchange.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), ExchangeModule] })
export class AppModule {}
