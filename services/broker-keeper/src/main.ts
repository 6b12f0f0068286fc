import 'reflect-metadata';
import { runService } from '@crossroads/service';
import { AppModule } from './app.module.js';
import { service } from './service.js';

await runService(service, AppModule);
