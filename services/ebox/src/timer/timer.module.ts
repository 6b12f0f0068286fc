import { Module } from '@nestjs/common';
import { TimerDelayJob } from './timer-delay.job.js';
import { TimerSweep } from './timer-sweep.js';
import { TimerJob } from './timer.job.js';

/** What happens to messages by the passing of time: reminders, and alerts before they expire. */
@Module({ providers: [TimerSweep, TimerJob, TimerDelayJob] })
export class TimerModule {}
