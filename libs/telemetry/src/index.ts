export { type AttributeName, attributeNames } from './attributes.js';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { METRICS, type MetricName, prometheusName } from './metric-table.js';
export { counter, histogram, isMeasuring, observe } from './metrics.js';
export { processLog } from './process-log.js';
export { sharedFor } from './shared-for.js';
export { startTelemetry, type Telemetry } from './telemetry.js';
export { activeTraceparent, spanContextOf, traceparentOf } from './traceparent.js';
export { isTracing, type ServedCall, serveCall, type Traced, traceBatch, traceCall } from './tracing.js';
